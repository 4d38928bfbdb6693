import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { AggregationTemporality, ConsoleMetricExporter, InstrumentType } from '@opentelemetry/sdk-metrics'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import type { DeliveryOptions } from '../pipeline/otlp-delivery.js'
import type { ImmediateProducer } from './collect-now.js'
import { type MetricPipeline, periodicReader } from './periodic-reader.js'
import type { MetricPipelineSettings } from './metric-settings.js'
import { OtlpMetricExporter } from './otlp-metric-exporter.js'

export interface MetricPipelinesOptions {
  readonly delivery: DeliveryOptions
  readonly shutdownTimeoutMillis: number
  /** Makes what each reader collects beside the SDK's own metrics. */
  readonly producer: ((temporality: AggregationTemporality) => ImmediateProducer) | undefined
  /** Prometheus finds the same in a registry: a scraper of both would count twice. */
  readonly isInRegistry: boolean
}

/** The readers of an app's metrics. An exporter that can't be made is logged, and left out. */
export function metricPipelines(
  pipelines: readonly MetricPipelineSettings[],
  options: MetricPipelinesOptions,
): MetricPipeline[] {
  return pipelines.flatMap((settings) => {
    try {
      return metricPipeline(settings, options)
    } catch (error) {
      warnOnce(`metrics ${settings.kind}`, `no metrics are sent by ${settings.kind}: ${messageOf(error)}`)
      return []
    }
  })
}

function metricPipeline(settings: MetricPipelineSettings, options: MetricPipelinesOptions): MetricPipeline {
  const { delivery, shutdownTimeoutMillis, producer, isInRegistry } = options
  if (settings.kind === 'prometheus') {
    const { host, port } = settings
    const metricProducers = producer && !isInRegistry ? [producer(AggregationTemporality.CUMULATIVE)] : []
    const reader = new PrometheusExporter({
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port }),
      metricProducers,
    })
    return { reader, exporter: undefined, flush: () => Promise.resolve() }
  }
  const exporter =
    settings.kind === 'otlp'
      ? new OtlpMetricExporter(settings, delivery, shutdownTimeoutMillis)
      : new ConsoleMetricExporter()
  const temporality = exporter.selectAggregationTemporality(InstrumentType.HISTOGRAM)
  const { intervalMillis, timeoutMillis } = settings
  const producers = producer ? [producer(temporality)] : []
  return periodicReader({ exporter, intervalMillis, timeoutMillis, shutdownTimeoutMillis, producers })
}
