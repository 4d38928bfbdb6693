import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import type { DeliveryCounts } from '../pipeline/ledger.js'
import { OtlpDelivery, type DeliveryOptions } from '../pipeline/otlp-delivery.js'
import type { OtlpSettings, OtlpProtocol } from '../pipeline/otlp-settings.js'
import { aggregationOf, temporalityOf, type HistogramAggregation, type TemporalityPreference } from './temporality.js'
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer'

/** What a metric reader's OTLP is made of. */
export interface OtlpMetricSettings {
  readonly otlp: OtlpSettings
  readonly temporality: TemporalityPreference
  readonly histogram: HistogramAggregation
}

/** Sends metrics over OTLP by the delivery thread, with its retries and buffer. */
export class OtlpMetricExporter implements PushMetricExporter {
  readonly #settings: OtlpMetricSettings
  readonly #timeoutMillis: number
  /** For the next flush. */
  flushTimeoutMillis: number
  readonly #delivery: OtlpDelivery
  #isShutDown = false

  constructor(settings: OtlpMetricSettings, delivery: DeliveryOptions, shutdownTimeoutMillis: number) {
    this.#settings = settings
    this.#timeoutMillis = shutdownTimeoutMillis
    this.flushTimeoutMillis = shutdownTimeoutMillis
    this.#delivery = new OtlpDelivery(settings.otlp, delivery)
  }

  /** Of data points. */
  get counts(): DeliveryCounts {
    return this.#delivery.counts
  }

  /** Whether it can't send without this thread's event loop; known for sure after `export`. */
  get needsEventLoop(): boolean {
    return this.#delivery.needsEventLoop
  }

  /** Succeeds as soon as the request is on its way: it is the delivery that tries again, for as long as an outage lasts. */
  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    try {
      this.#send(metrics)
      done({ code: ExportResultCode.SUCCESS })
    } catch (error) {
      done({ code: ExportResultCode.FAILED, error: error instanceof Error ? error : new Error(String(error)) })
    }
  }

  forceFlush(): Promise<void> {
    return this.#delivery.flush(this.flushTimeoutMillis)
  }

  async shutdown(): Promise<void> {
    await this.#delivery.shutdown(this.#timeoutMillis)
    this.#isShutDown = true
  }

  startLeaving(timeoutMillis: number): void {
    this.#delivery.startLeaving(timeoutMillis)
  }

  shutdownSync(timeoutMillis: number): void {
    this.#delivery.shutdownSync(timeoutMillis)
  }

  selectAggregation(instrument: InstrumentType): AggregationOption {
    return aggregationOf(this.#settings.histogram, instrument)
  }

  selectAggregationTemporality(instrument: InstrumentType): AggregationTemporality {
    return temporalityOf(this.#settings.temporality, instrument)
  }

  #send(metrics: ResourceMetrics): void {
    const points = pointsIn(metrics)
    if (points === 0) return
    if (this.#isShutDown) this.#delivery.counts.droppedAtExit += points
    else if (this.#delivery.isFull(0)) this.#delivery.drop(points)
    else {
      const request = metricsRequest(metrics, this.#settings.otlp.protocol)
      this.#delivery.counts.queued += points
      this.#delivery.send(request, points)
    }
  }
}

function pointsIn({ scopeMetrics }: ResourceMetrics): number {
  let points = 0
  for (const { metrics } of scopeMetrics) for (const { dataPoints } of metrics) points += dataPoints.length
  return points
}

/** An ExportMetricsServiceRequest, by OpenTelemetry's own serializer, in memory of exactly its size. */
function metricsRequest(metrics: ResourceMetrics, protocol: OtlpProtocol): Uint8Array<ArrayBuffer> {
  const serializer = protocol === 'http/json' ? JsonMetricsSerializer : ProtobufMetricsSerializer
  return new Uint8Array(serializer.serializeRequest(metrics) ?? new Uint8Array())
}
