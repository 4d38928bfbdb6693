import {
  isSpanContextValid,
  trace,
  TraceFlags,
  type Context,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { headerTexts } from '../header-texts.js'
import { neverThrowing } from '../never-throwing.js'
import { datadogState, datadogTraceIn, readPriority } from './dd-member.js'
import { readTraceTags, writeTraceTags } from './trace-tags.js'

const TRACE_ID = 'x-datadog-trace-id'
const PARENT_ID = 'x-datadog-parent-id'
const PRIORITY = 'x-datadog-sampling-priority'
const ORIGIN = 'x-datadog-origin'
const TAGS = 'x-datadog-tags'
const NO_HIGH_HALF = '0'.repeat(16)

/**
 * Propagates by the headers of Datadog's tracers (`x-datadog-…`). Priority, origin and tags travel through the process in
 * the `dd` member of the span context's tracestate, as Datadog has it, so that the propagator `tracecontext` passes them
 * on, too. `ot-baggage-…` is not looked at. Never throws.
 */
export function datadogPropagator(): TextMapPropagator {
  return neverThrowing('datadog', new DatadogPropagator())
}

class DatadogPropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
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
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const read = (name: string): string | undefined => headerTexts(carrier, getter, name)[0]?.trim()
    const low = hexOf(read(TRACE_ID))
    const spanId = hexOf(read(PARENT_ID))
    if (low === undefined || spanId === undefined) return context
    const tags = readTraceTags(read(TAGS))
    const traceId = highHalf(tags.get('tid')) + low
    tags.delete('tid')
    const priority = readPriority(read(PRIORITY))
    const traceFlags = priority !== undefined && priority > 0 ? TraceFlags.SAMPLED : TraceFlags.NONE
    const traceState = datadogState({ priority, origin: read(ORIGIN), tags })
    const spanContext: SpanContext = { traceId, spanId, isRemote: true, traceFlags, ...(traceState && { traceState }) }
    return trace.setSpanContext(context, spanContext)
  }

  fields(): string[] {
    return [TRACE_ID, PARENT_ID, PRIORITY, ORIGIN, TAGS]
  }
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
