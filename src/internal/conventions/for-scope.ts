import type { SpanKind, Attributes, SpanOptions } from '@opentelemetry/api'
import { safely } from '../diagnostics/diagnostics.js'
import { duplicatedDomains } from './opt-in.js'
import { spanConventions, type EndingSpan } from './span-conventions.js'

/** How the spans of a tracer are brought to the current semantic conventions. */
export interface ScopeConventions {
  readonly endsTwice: boolean
  begin(name: string, options: SpanOptions): { name: string; options: SpanOptions }
  isCurrent(key: string): boolean
  attributes(given: Attributes, kind: SpanKind): Attributes
  isError(exception: unknown): boolean
  end(span: EndingSpan, hasOwnName: boolean): void
}

const INSTRUMENTATION = '@opentelemetry/instrumentation-'
/** Frameworks that make spans by themselves. */
const OTHERS: ReadonlySet<string> = new Set(['@fastify/otel', 'next.js'])
/** Nearly every app has these, and their spans are right: what brings others to the conventions is not loaded for them. */
const CURRENT: ReadonlySet<string> = new Set(['dns', 'express', 'fs', 'http', 'net', 'undici'])

/** Undefined where the spans of a scope are left as they are: by far the most. */
export function conventionsForScope(scope: string): ScopeConventions | undefined {
  const isOther = OTHERS.has(scope)
  if (!isOther && !scope.startsWith(INSTRUMENTATION)) return undefined
  const name = isOther ? scope : scope.slice(INSTRUMENTATION.length)
  if (CURRENT.has(name) && duplicatedDomains().size === 0) return undefined
  return safely(`spans of ${name} are not brought to the current conventions`, () => spanConventions(name))
}
