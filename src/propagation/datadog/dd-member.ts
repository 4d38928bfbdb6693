import type { TraceState } from '@opentelemetry/api'
import { parseTraceState } from '../../internal/trace-state/trace-state.js'

/*
 * What Datadog keeps of a trace in W3C's tracestate: `dd=s:2;o:rum;t.dm:-4`, with s the sampling priority, o the origin,
 * and `t.…` the tags `_dd.p.…`. In origin and values `=` is written `~`, and what a tracestate can't carry becomes `_`.
 */

const LONGEST = 256
const NOT_IN_VALUE = /[^\x20-\x2b\x2d-\x3a\x3c-\x7d]/g
/** Without `:`, too, which ends a name. */
const NOT_IN_NAME = /[^\x21-\x2b\x2d-\x39\x3c\x3e-\x7e]/g

/** What of a trace Datadog passes on beside its ids. */
export interface DatadogTrace {
  readonly priority: number | undefined
  readonly origin: string | undefined
  /** Names without `_dd.p.`; the high half of the trace id (`tid`) is not among them, a `traceparent` has it. */
  readonly tags: ReadonlyMap<string, string>
}

/** A trace state with this in its `dd` member; undefined where there is nothing to keep. */
export function datadogState(trace: DatadogTrace): TraceState | undefined {
  const value = memberValue(trace)
  return value === '' ? undefined : parseTraceState(`dd=${value}`)
}

/** What the `dd` member says; nothing where it is none. */
export function datadogTraceIn(state: TraceState | undefined): DatadogTrace {
  const fields = new Map<string, string>()
  for (const field of (state?.get('dd') ?? '').split(';')) {
    const colon = field.indexOf(':')
    if (colon > 0) fields.set(field.slice(0, colon), field.slice(colon + 1))
  }
  const tags = new Map<string, string>()
  for (const [name, value] of fields) {
    if (name.startsWith('t.') && name !== 't.' && name !== 't.tid') tags.set(name.slice(2), value.replaceAll('~', '='))
  }
  return { priority: readPriority(fields.get('s')), origin: fields.get('o')?.replaceAll('~', '='), tags }
}

/** One of Datadog's sampling priorities: -1 and 2 are the user's word, 0 and 1 the sampler's. */
export function readPriority(text: string | undefined): number | undefined {
  return text !== undefined && /^(-1|[012])$/.test(text) ? Number(text) : undefined
}

function memberValue({ priority, origin, tags }: DatadogTrace): string {
  const fields: string[] = []
  if (priority !== undefined) fields.push(`s:${priority}`)
  if (origin) fields.push(`o:${escaped(origin)}`)
  for (const [name, value] of tags) fields.push(`t.${name.replaceAll(NOT_IN_NAME, '_')}:${escaped(value)}`)
  let member = ''
  for (const field of fields) {
    const longer = member === '' ? field : `${member};${field}`
    if (longer.length <= LONGEST) member = longer
  }
  return member
}

function escaped(text: string): string {
  return text.replaceAll(NOT_IN_VALUE, '_').replaceAll('=', '~')
}
