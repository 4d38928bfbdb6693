import type { TextMapGetter } from '@opentelemetry/api'
import { textsOf } from './carriers/header-text.js'

/** The texts of a header, in their order: of one that came several times, each. Whatever a getter returns. */
export function headerTexts(carrier: unknown, getter: TextMapGetter, name: string): string[] {
  return textsOf(getter.get(carrier, name))
}
