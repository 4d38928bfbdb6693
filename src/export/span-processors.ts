import {
  BatchSpanProcessor,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace'
import { requireOwn } from '../internal/require.js'
import { consoleSpanProcessor } from './console/console-exporter.js'
import { createOtlpExporter, type OtlpSettings } from './otlp-exporter.js'

/** How spans are gathered into batches; what is left out takes the default of the specification. */
export interface BatchSettings {
  readonly maxQueueSize?: number
  readonly maxExportBatchSize?: number
  readonly scheduledDelayMillis?: number
  readonly exportTimeoutMillis?: number
}

/** An exporter as configuration names it. */
export type ExporterSettings = { readonly kind: 'console' } | { readonly kind: 'zipkin' } | OtlpSettings

/** One way out for spans: an exporter, and the batching before it. `batch: 'none'` sends each span by itself. */
export interface PipelineSettings {
  readonly exporter: ExporterSettings
  readonly batch: BatchSettings | 'none'
}

export function pipelineProcessor({ exporter, batch }: PipelineSettings): SpanProcessor {
  // The console's processor keeps its own order: it waits for whole traces.
  if (exporter.kind === 'console') return consoleSpanProcessor()
  const sending = exporter.kind === 'zipkin' ? createZipkinExporter() : createOtlpExporter(exporter)
  return batch === 'none' ? new SimpleSpanProcessor({ exporter: sending }) : batchingProcessor(sending, batch)
}

export function batchingProcessor(exporter: SpanExporter, batch: BatchSettings): SpanProcessor {
  return new BatchSpanProcessor({ exporter, ...batch })
}

function createZipkinExporter(): SpanExporter {
  type Zipkin = typeof import('@opentelemetry/exporter-zipkin')
  const { ZipkinExporter } = requireOwn('@opentelemetry/exporter-zipkin') as Zipkin
  return new ZipkinExporter()
}
