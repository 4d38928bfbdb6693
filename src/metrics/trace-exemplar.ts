import { context, isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api'

/** What {@link traceExemplar} gives: `{}` where no sampled span is active. */
export interface TraceExemplar {
  /** `trace_id` and `span_id`, in hex; as open a type as prom-client's own allows, which knows the metric's labels only. */
  exemplarLabels?: Record<string, string>
}

/**
 * The active span as an exemplar for prom-client, to be spread into what is counted:
 *
 * ```ts
 * requests.inc({ labels: { route }, ...traceExemplar() })
 * duration.observe({ labels: { route }, value: seconds, ...traceExemplar() })
 * ```
 *
 * The metric needs `enableExemplars: true`, its registry the OpenMetrics content type. Only a sampled span is given: the
 * exemplar would lead nowhere otherwise. Not for `labels` themselves: a trace id there makes a series of every request.
 * Where all calls of a metric shall have one, {@link withExemplars}.
 */
export function traceExemplar(): TraceExemplar {
  const spanContext = trace.getSpanContext(context.active())
  if (spanContext === undefined || (spanContext.traceFlags & TraceFlags.SAMPLED) === 0) return {}
  if (!isSpanContextValid(spanContext)) return {}
  return { exemplarLabels: { trace_id: spanContext.traceId, span_id: spanContext.spanId } }
}
