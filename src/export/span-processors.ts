import { SimpleSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { requireOwn } from '../internal/require.js'
import { BATCH_DEFAULTS, type BatchOptions } from './batch-options.js'
import { BatchSpanProcessor, otlpBatchSpanProcessor } from './batch-span-processor.js'
import { consoleSpanProcessor } from './console/console-exporter.js'
import type { OtlpSettings } from './otlp-settings.js'

/** An exporter as configuration names it. */
export type ExporterSettings = { readonly kind: 'console' } | { readonly kind: 'zipkin' } | OtlpSettings

/** One way out for spans: an exporter, and the batching before it. `batch: 'none'` sends each span by itself. */
export interface PipelineSettings {
  readonly exporter: ExporterSettings
  readonly batch: BatchOptions | 'none'
}

export function pipelineProcessor({ exporter, batch }: PipelineSettings, shutdownTimeoutMillis: number): SpanProcessor {
  // The console's processor keeps its own order: it waits for whole traces.
  if (exporter.kind === 'console') return consoleSpanProcessor()
  const options = { ...BATCH_DEFAULTS, ...(batch === 'none' ? EACH_BY_ITSELF : batch), shutdownTimeoutMillis }
  if (exporter.kind === 'otlp') return otlpBatchSpanProcessor(exporter, options)
  const zipkin = createZipkinExporter()
  return batch === 'none'
    ? new SimpleSpanProcessor({ exporter: zipkin })
    : new BatchSpanProcessor({ ...options, exporter: zipkin })
}

const EACH_BY_ITSELF: BatchOptions = { maxExportBatchSize: 1 }

function createZipkinExporter(): SpanExporter {
  type Zipkin = typeof import('@opentelemetry/exporter-zipkin')
  const { ZipkinExporter } = requireOwn('@opentelemetry/exporter-zipkin') as Zipkin
  return new ZipkinExporter()
}
