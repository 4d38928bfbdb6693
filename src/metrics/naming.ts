import { SpanKind, SpanStatusCode } from '@opentelemetry/api'

/** Whose names the metrics have. */
export type NamingStyle = 'collector' | 'tempo'

/** The names of one metric: in OTLP, where a backend adds unit and suffix itself, and in Prometheus' text. */
export interface MetricName {
  readonly otlp: string
  readonly unit: string
  readonly prometheus: string
}

export interface Naming {
  readonly calls: MetricName
  readonly duration: MetricName
  readonly service: string
  readonly spanName: string
  readonly spanKind: string
  readonly statusCode: string
  /** Upper bounds in seconds, where none are given. */
  readonly buckets: readonly number[]
}

/**
 * `collector`: opentelemetry-collector-contrib, connector/spanmetricsconnector, `connector.go` (the attributes), `config.go`
 * (namespace `traces.span.metrics`, buckets). Its unit is changing from milliseconds to the seconds of the semantic
 * conventions; seconds it is here.
 * `tempo`: grafana/tempo, modules/generator/processor/spanmetrics, `spanmetrics.go` (names and labels) and `config.go`
 * (buckets). No unit there: Prometheus would make `traces_spanmetrics_latency_seconds` of it.
 */
export const NAMINGS: Readonly<Record<NamingStyle, Naming>> = {
  collector: {
    calls: { otlp: 'traces.span.metrics.calls', unit: '', prometheus: 'traces_span_metrics_calls_total' },
    duration: { otlp: 'traces.span.metrics.duration', unit: 's', prometheus: 'traces_span_metrics_duration_seconds' },
    service: 'service.name',
    spanName: 'span.name',
    spanKind: 'span.kind',
    statusCode: 'status.code',
    buckets: [0.002, 0.004, 0.006, 0.008, 0.01, 0.05, 0.1, 0.2, 0.4, 0.8, 1, 1.4, 2, 5, 10, 15],
  },
  tempo: {
    calls: { otlp: 'traces_spanmetrics_calls_total', unit: '', prometheus: 'traces_spanmetrics_calls_total' },
    duration: { otlp: 'traces_spanmetrics_latency', unit: '', prometheus: 'traces_spanmetrics_latency' },
    service: 'service',
    spanName: 'span_name',
    spanKind: 'span_kind',
    statusCode: 'status_code',
    buckets: Array.from({ length: 14 }, (_, power) => (2 * 2 ** power) / 1_000),
  },
}

/** In both, the names of OTLP's enums. */
export const kindName = (kind: SpanKind): string => `SPAN_KIND_${SpanKind[kind]}`
export const statusName = (code: SpanStatusCode): string => `STATUS_CODE_${SpanStatusCode[code]}`

/** An attribute's name as Prometheus' label. */
export function labelName(attribute: string): string {
  return attribute.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_')
}
