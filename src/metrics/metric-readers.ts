import { OTLPMetricExporter as GrpcExporter } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import {
  AggregationTemporality,
  ConsoleMetricExporter,
  InstrumentType,
  PeriodicExportingMetricReader,
  type IMetricReader,
  type MetricProducer,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import { messageOf, warnOnce } from '../internal/diagnostics.js'
import { readEnv } from '../internal/env.js'
import { readEnvNumber, warnOfEnvValue } from '../internal/env-values.js'

export interface MetricReadersOptions {
  /** Of OTEL_METRICS_EXPORTER: `otlp`, `console`, `prometheus`. Others are told and left out. */
  readonly exporters: readonly string[]
  /** Of OTLP. */
  readonly protocol: 'grpc' | 'http/protobuf' | 'http/json'
  /** Makes what each reader collects beside the SDK's own metrics. */
  readonly producer: (temporality: AggregationTemporality) => MetricProducer
  /** Prometheus finds the same in a registry: whoever scrapes both would count twice. */
  readonly isInRegistry: boolean
}

const DEFAULTS = { intervalMillis: 60_000, timeoutMillis: 30_000 } as const

const OTLP_EXPORTERS = {
  grpc: () => new GrpcExporter(),
  'http/protobuf': () => new ProtobufExporter(),
  'http/json': () => new JsonExporter(),
} as const

/**
 * The readers that NodeSDK makes from the environment, with a producer, for which NodeSDK has no place. All of an app's
 * metrics go through them. An exporter that can't be made is told, and left out.
 */
export function metricReaders({ exporters, protocol, producer, isInRegistry }: MetricReadersOptions): IMetricReader[] {
  const readers: Readonly<Record<string, () => IMetricReader>> = {
    otlp: () => periodicReader(OTLP_EXPORTERS[protocol](), producer),
    console: () => periodicReader(new ConsoleMetricExporter(), producer),
    prometheus: () => prometheusReader(isInRegistry ? [] : [producer(AggregationTemporality.CUMULATIVE)]),
  }
  return [...new Set(exporters)].flatMap((name) => {
    try {
      if (Object.hasOwn(readers, name)) return readers[name]?.() ?? []
      warnOfEnvValue('OTEL_METRICS_EXPORTER', 'a list of otlp, console, prometheus, or none', `"${name}" is left out`)
    } catch (error) {
      warnOnce(`metrics ${name}`, `no metrics are sent by ${name}: ${messageOf(error)}`)
    }
    return []
  })
}

/** Specification, "Periodic exporting MetricReader": the timeout is not longer than the interval. */
function periodicReader(exporter: PushMetricExporter, producer: MetricReadersOptions['producer']): IMetricReader {
  const millis = { min: 1, integer: true }
  const interval = readEnvNumber('OTEL_METRIC_EXPORT_INTERVAL', millis) ?? DEFAULTS.intervalMillis
  const timeout = readEnvNumber('OTEL_METRIC_EXPORT_TIMEOUT', millis) ?? DEFAULTS.timeoutMillis
  const temporality = exporter.selectAggregationTemporality?.(InstrumentType.HISTOGRAM)
  return new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: interval,
    exportTimeoutMillis: Math.min(timeout, interval),
    metricProducers: [producer(temporality ?? AggregationTemporality.CUMULATIVE)],
  })
}

function prometheusReader(metricProducers: MetricProducer[]): IMetricReader {
  const host = readEnv('OTEL_EXPORTER_PROMETHEUS_HOST')
  const port = readEnvNumber('OTEL_EXPORTER_PROMETHEUS_PORT', { min: 0, max: 65_535, integer: true })
  return new PrometheusExporter({
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    metricProducers,
  })
}
