import type { IMetricReader, PushMetricExporter } from '@opentelemetry/sdk-metrics'

/** A reader, and what it exports by. */
export interface MetricPipeline {
  readonly reader: IMetricReader
  /** Undefined where metrics are fetched. */
  readonly exporter: PushMetricExporter | undefined
  /** Collects and sends, in at most that time. Never rejects. */
  flush(timeoutMillis: number): Promise<void>
}
