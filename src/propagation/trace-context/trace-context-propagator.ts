import { trace, type Context, type TextMapGetter, type TextMapPropagator, type TextMapSetter } from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { ownTraceState, parseTraceState } from '../../internal/trace-state/trace-state.js'
import { flagsToSend, withRemoteSpan } from './random-flag.js'
import { formatTraceparent, parseTraceparent } from './traceparent.js'

const TRACEPARENT = 'traceparent'
const TRACESTATE = 'tracestate'
/** Twice the members that a list may have. */
const MOST_HEADERS = 64

/**
 * W3C Trace Context, level 2. Beside OpenTelemetry's own it passes the random flag on, takes the keys of level 2, reads no
 * `traceparent` that is there twice, and never sends an empty `tracestate`; docs/propagation/conformance.md has each rule.
 * Works in any OpenTelemetry SDK as `textMapPropagator`. Not where the id generator's right-most seven bytes are not
 * random: traces that begin here are sent with the random flag.
 */
export function traceContextPropagator(): TextMapPropagator {
  return new TraceContextPropagator()
}

class TraceContextPropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const spanContext = trace.getSpanContext(context)
    if (spanContext === undefined || isTracingSuppressed(context)) return
    const traceparent = formatTraceparent(spanContext, flagsToSend(context, spanContext))
    if (traceparent === undefined) return
    setter.set(carrier, TRACEPARENT, traceparent)
    if (spanContext.traceState === undefined) return
    const tracestate = ownTraceState(spanContext.traceState).serialize()
    if (tracestate !== '') setter.set(carrier, TRACESTATE, tracestate)
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const traceparent = onlyText(getter.get(carrier, TRACEPARENT))
    const spanContext = traceparent === undefined ? undefined : parseTraceparent(traceparent)
    if (spanContext === undefined) return context
    const tracestate = allTexts(getter.get(carrier, TRACESTATE))
    if (tracestate !== '') spanContext.traceState = parseTraceState(tracestate)
    return withRemoteSpan(context, trace.wrapSpanContext(spanContext))
  }

  fields(): string[] {
    return [TRACEPARENT, TRACESTATE]
  }

  toString(): string {
    return 'tracecontext'
  }
}

/** Getters hand on what the carrier holds, which may be anything. Two values are two parents: none is believed. */
function onlyText(value: unknown): string | undefined {
  const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value
  return typeof only === 'string' ? only : undefined
}

/** Several headers are one list, in their order (RFC 9110, section 5.3). */
function allTexts(value: unknown): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return ''
  return value
    .slice(0, MOST_HEADERS)
    .filter((text) => typeof text === 'string')
    .join(',')
}
