import { context, defaultTextMapSetter, isSpanContextValid, propagation, trace, type Context } from '@opentelemetry/api'
import { traceparentOf } from './response-headers.js'

/**
 * The active span as a `traceparent` (W3C Trace Context), `00-<trace id>-<span id>-<flags>`: for a page's `<meta>`, a SQL
 * comment, a log line. Undefined outside a span. Where no propagator writes that header (b3 alone, say) it is made from
 * the span's ids all the same.
 */
export function traceparent(): string | undefined {
  const active = context.active()
  const spanContext = trace.getSpanContext(active)
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return undefined
  return written(active) ?? traceparentOf(spanContext)
}

function written(active: Context): string | undefined {
  const fields: Record<string, string> = {}
  try {
    propagation.inject(active, fields, defaultTextMapSetter)
  } catch {
    // A propagator of the user's threw.
  }
  return fields.traceparent
}
