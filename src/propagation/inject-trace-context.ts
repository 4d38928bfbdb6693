import { context, propagation, type Context, type TextMapSetter } from '@opentelemetry/api'
import { openCarrier, openedSetter, warnUnwritable, type CarrierForm } from './carrier.js'

export interface InjectTraceContextOptions {
  /** The context to write; the active one by default. */
  readonly context?: Context | undefined
  /** What the carrier is, where an empty one does not show it. */
  readonly as?: CarrierForm | undefined
}

/**
 * Writes the active trace context, as the configured propagators have it, into anything that travels: headers, requests,
 * messages, job data, a copy of `process.env`. docs/propagation/carriers.md has what is known, and by what.
 *
 * The same carrier comes back; of a fetch `Request` whose headers can't be changed, a new one. Without a carrier it is a
 * new object. Never throws: a carrier that can't be changed comes back as it was, and that is logged once.
 */
export function injectTraceContext(carrier?: null, options?: InjectTraceContextOptions): Record<string, string>
export function injectTraceContext<C extends object>(carrier: C, options?: InjectTraceContextOptions): C
export function injectTraceContext<C extends object>(
  carrier: C | null | undefined,
  options?: InjectTraceContextOptions,
): C | Record<string, string>
export function injectTraceContext(carrier?: unknown, options: InjectTraceContextOptions = {}): unknown {
  const target = carrier ?? {}
  const fields = fieldsOf(options.context ?? context.active())
  if (fields.length === 0) return target
  const opened = openCarrier(target, options.as)
  if (opened === undefined) {
    warnUnwritable('it is no object that could carry it')
    return target
  }
  for (const [name, value] of fields) openedSetter.set(opened, name, value)
  return opened.replacement?.() ?? target
}

type Field = readonly [name: string, value: string]

const COLLECT: TextMapSetter<Field[]> = { set: (fields, name, value) => void fields.push([name, value]) }

/** What the propagators write, the most important first: some carriers have room for little. */
function fieldsOf(active: Context): Field[] {
  const fields: Field[] = []
  try {
    propagation.inject(active, fields, COLLECT)
  } catch {
    // A propagator of the user's threw. What it wrote before that is as good as ever.
  }
  return fields.sort(([one], [other]) => rankOf(one) - rankOf(other))
}

function rankOf(name: string): number {
  const rank = ['traceparent', 'tracestate', undefined, 'baggage'].indexOf(name)
  return rank === -1 ? 2 : rank
}
