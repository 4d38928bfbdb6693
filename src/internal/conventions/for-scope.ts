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
/** Next.js makes spans by itself. */
const NEXT = 'next.js'
/** Nearly every app has these, and their spans are right: what brings others to the conventions is not loaded for them. */
const CURRENT: ReadonlySet<string> = new Set(['dns', 'express', 'fs', 'http', 'net', 'undici'])

/** Undefined where the spans of a scope are left as they are: by far the most. */
export function conventionsForScope(scope: string): ScopeConventions | undefined {
  if (!scope.startsWith(INSTRUMENTATION) && scope !== NEXT) return undefined
  const name = scope === NEXT ? scope : scope.slice(INSTRUMENTATION.length)
  if (CURRENT.has(name) && duplicatedDomains().size === 0) return undefined
  return safely(`spans of ${name} are not brought to the current conventions`, () => spanConventions(name))
}
