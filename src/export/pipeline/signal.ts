/** What OTLP carries, each over a path and a call of its own. */
export type Signal = 'traces' | 'logs' | 'metrics'

/** How a signal is spelt where it goes. */
export interface SignalNames {
  /** In the variables: `OTEL_EXPORTER_OTLP_<…>_ENDPOINT`. */
  readonly variable: 'TRACES' | 'LOGS' | 'METRICS'
  /** What is appended to an endpoint for all signals, over HTTP. */
  readonly path: string
  readonly grpcCall: string
  /** The field of a partial success in OTLP's JSON; in protobuf all have the same number. */
  readonly rejected: string
  /** One of what it carries, and several. */
  readonly item: string
  readonly items: string
}

export const SIGNALS: Readonly<Record<Signal, SignalNames>> = {
  traces: {
    variable: 'TRACES',
    path: 'v1/traces',
    grpcCall: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    rejected: 'rejectedSpans',
    item: 'span',
    items: 'spans',
  },
  logs: {
    variable: 'LOGS',
    path: 'v1/logs',
    grpcCall: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    rejected: 'rejectedLogRecords',
    item: 'log record',
    items: 'log records',
  },
  metrics: {
    variable: 'METRICS',
    path: 'v1/metrics',
    grpcCall: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    rejected: 'rejectedDataPoints',
    item: 'metric data point',
    items: 'metric data points',
  },
}
