import { TraceFlags, type SpanContext } from '@opentelemetry/api'
import { adjustedCountOf, thresholdIn } from '../../internal/trace-state/threshold.js'

/**
 * How many spans this one stands for: 1 / the probability by which it was kept, so that the sum over what was exported
 * estimates the true count. 0 for a span that is not sampled; 1 for a sampled one that does not say, as collectors count
 * it. For a live span and for a finished one alike.
 */
export function adjustedCount(span: { spanContext(): SpanContext }): number {
  const { traceFlags, traceState } = span.spanContext()
  if ((traceFlags & TraceFlags.SAMPLED) === 0) return 0
  const threshold = thresholdIn(traceState)
  return threshold === undefined ? 1 : adjustedCountOf(threshold)
}
