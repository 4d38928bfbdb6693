import {
  isSpanContextValid,
  trace,
  TraceFlags,
  type SpanContext,
  type TextMapPropagator,
  type TraceState,
} from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { headerText } from './carriers/header-text.js'
import { neverThrowing } from './composite.js'
import { parseTraceState } from '../internal/trace-state/trace-state.js'

const TRACE_ID = 'x-datadog-trace-id'
const PARENT_ID = 'x-datadog-parent-id'
const PRIORITY = 'x-datadog-sampling-priority'
const ORIGIN = 'x-datadog-origin'
const TAGS = 'x-datadog-tags'
/** No header of Datadog's is longer than its tags. */
const LONGEST_TAGS = 512
const NO_HIGH_HALF = '0'.repeat(16)

/** Its public comment is in by-name.ts. */
export function datadogPropagator(): TextMapPropagator {
  return neverThrowing('datadog', {
    inject(context, carrier, setter) {
      const spanContext = trace.getSpanContext(context)
      if (!spanContext || !isSpanContextValid(spanContext) || isTracingSuppressed(context)) return
      const traceId = decimalOf(spanContext.traceId.slice(16))
      // Datadog knows a trace by its low half; without one there is nothing that it could continue.
      if (traceId === '0') return
      const received = datadogTraceIn(spanContext.traceState)
      const isSampled = (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0
      const isAsReceived = received.priority !== undefined && received.priority > 0 === isSampled
      setter.set(carrier, TRACE_ID, traceId)
      setter.set(carrier, PARENT_ID, decimalOf(spanContext.spanId))
      setter.set(carrier, PRIORITY, String(isAsReceived ? received.priority : Number(isSampled)))
      if (received.origin) setter.set(carrier, ORIGIN, received.origin)
      const tags = writeTraceTags(tagsOf(spanContext.traceId, received.tags, isAsReceived))
      if (tags !== '') setter.set(carrier, TAGS, tags)
    },
    extract(context, carrier, getter) {
      const read = (name: string): string | undefined => headerText(carrier, getter, name, LONGEST_TAGS)?.trim()
      const low = hexOf(read(TRACE_ID))
      const spanId = hexOf(read(PARENT_ID))
      if (low === undefined || spanId === undefined) return context
      const tags = readTraceTags(read(TAGS))
      const traceId = highHalf(tags.get('tid')) + low
      tags.delete('tid')
      const priority = readPriority(read(PRIORITY))
      const traceFlags = priority !== undefined && priority > 0 ? TraceFlags.SAMPLED : TraceFlags.NONE
      const traceState = datadogState({ priority, origin: read(ORIGIN), tags })
      const spanContext: SpanContext = {
        traceId,
        spanId,
        isRemote: true,
        traceFlags,
        ...(traceState && { traceState }),
      }
      return trace.setSpanContext(context, spanContext)
    },
    fields: () => [TRACE_ID, PARENT_ID, PRIORITY, ORIGIN, TAGS],
  })
}

/** The high half of the trace id first, since without it the trace is another one. */
function* tagsOf(
  traceId: string,
  tags: ReadonlyMap<string, string>,
  isAsReceived: boolean,
): Generator<readonly [string, string]> {
  const high = highHalf(traceId.slice(0, 16))
  if (high !== NO_HIGH_HALF) yield ['tid', high]
  // Who decided (`dm`) is no longer true where another decision was made here.
  for (const [name, value] of tags) if (isAsReceived || name !== 'dm') yield [name, value]
}

function highHalf(tid: string | undefined): string {
  return tid !== undefined && /^[0-9a-f]{16}$/i.test(tid) ? tid.toLowerCase() : NO_HIGH_HALF
}

/** 64 bits from decimal to hex; undefined for 0, which is no id, and for what is no such number. */
function hexOf(decimal: string | undefined): string | undefined {
  if (decimal === undefined || !/^\d{1,20}$/.test(decimal)) return undefined
  const number = BigInt(decimal)
  return number > 0n && number < 1n << 64n ? number.toString(16).padStart(16, '0') : undefined
}

function decimalOf(hex: string): string {
  return BigInt(`0x${hex}`).toString()
}

/*
 * What Datadog keeps of a trace in W3C's tracestate: `dd=s:2;o:rum;t.dm:-4`, with s the sampling priority, o the origin,
 * and `t.…` the tags `_dd.p.…`. In origin and values `=` is written `~`, and what a tracestate can't carry becomes `_`.
 */

const LONGEST_MEMBER = 256
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
    if (longer.length <= LONGEST_MEMBER) member = longer
  }
  return member
}

function escaped(text: string): string {
  return text.replaceAll(NOT_IN_VALUE, '_').replaceAll('=', '~')
}

const PREFIX = '_dd.p.'
const NAME = /^[\x21-\x2b\x2d-\x3c\x3e-\x7e]+$/
const VALUE = /^[\x20-\x2b\x2d-\x7e]+$/

/**
 * The tags in `x-datadog-tags` by their names without `_dd.p.`. A header of more than 512 characters is not read, as with
 * Datadog's own tracers; a pair that is malformed, or another tag, is left out.
 */
export function readTraceTags(header = ''): Map<string, string> {
  const tags = new Map<string, string>()
  if (header.length > LONGEST_TAGS) return tags
  for (const pair of header.split(',')) {
    const equals = pair.indexOf('=')
    if (equals < 0 || !pair.startsWith(PREFIX)) continue
    const name = pair.slice(PREFIX.length, equals)
    const value = pair.slice(equals + 1)
    if (NAME.test(name) && VALUE.test(value)) tags.set(name, value)
  }
  return tags
}

/** The header for these tags, as many as fit, from the left; empty where there are none. */
export function writeTraceTags(tags: Iterable<readonly [name: string, value: string]>): string {
  let header = ''
  for (const [name, value] of tags) {
    if (!NAME.test(name) || !VALUE.test(value)) continue
    const pair = `${PREFIX}${name}=${value}`
    const longer = header === '' ? pair : `${header},${pair}`
    if (longer.length <= LONGEST_TAGS) header = longer
  }
  return header
}
