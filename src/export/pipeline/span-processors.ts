// Loaded when it is first used, by the build: scripts/bundle-sdk.ts.
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin'
import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import type { BatchOptions, ResolvedBatchOptions } from './batch-options.js'
import { settledBatchSpanProcessor } from './batch-span-processor.js'
import { consoleSpanProcessor } from '../../console/console-exporter.js'
import type { OtlpSettings } from './otlp-settings.js'

/** An exporter as configuration names it. */
export type ExporterSettings = { readonly kind: 'console' } | { readonly kind: 'zipkin' } | OtlpSettings

/** One way out for spans: an exporter, and the batching before it. `batch: 'none'` sends each span by itself. */
export interface PipelineSettings {
  readonly exporter: ExporterSettings
  readonly batch: BatchOptions | 'none'
}

export interface OpenedPipeline {
  readonly processor: SpanProcessor
  /** False where the exporter could not be made: the spans that come here are counted and logged as dropped. */
  readonly isUsable: boolean
}

export function openPipeline(
  exporter: ExporterSettings,
  batch: ResolvedBatchOptions,
  shutdownTimeoutMillis: number,
): OpenedPipeline {
  const processorOf = (to: SpanExporter | OtlpSettings): SpanProcessor =>
    settledBatchSpanProcessor(to, batch, shutdownTimeoutMillis)
  // The console's processor keeps its own order: it waits for whole traces.
  if (exporter.kind === 'console') return { processor: consoleSpanProcessor(), isUsable: true }
  try {
    return { processor: processorOf(exporter.kind === 'otlp' ? exporter : zipkinExporter()), isUsable: true }
  } catch (error) {
    // What can be wrong here comes from the environment or a file: an endpoint that is no URL, say.
    const reason = `no spans are sent by ${exporter.kind}: ${messageOf(error)}`
    warnOnce(`exporter ${exporter.kind}`, reason)
    return { processor: processorOf(new UnusableExporter(reason)), isUsable: false }
  }
}

/** Stands in for an exporter that could not be made, so that its spans are counted as what they are. */
class UnusableExporter implements SpanExporter {
  readonly #error: Error

  constructor(reason: string) {
    this.#error = new Error(reason)
  }

  export(_spans: readonly ReadableSpan[], onResult: (result: ExportResult) => void): void {
    onResult({ code: ExportResultCode.FAILED, error: this.#error })
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}

/**
 * OpenTelemetry's exporter for Zipkin, with timestamps that Zipkin takes: it answers 400 to a batch with one that is no whole
 * number of microseconds, and the exporter divides nanoseconds.
 *
 * @throws where OTEL_EXPORTER_ZIPKIN_ENDPOINT is no URL
 */
function zipkinExporter(): SpanExporter {
  const exporter = new ZipkinExporter()
  const send = exporter.export.bind(exporter)
  exporter.export = (spans, onResult) => send(spans.map(startingAtMicrosecond), onResult)
  return exporter
}

/** Rounded down. A copy: the span is its tracer's, and may go to other exporters. */
function startingAtMicrosecond(span: ReadableSpan): ReadableSpan {
  const [seconds, nanos] = span.startTime
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext && { parentSpanContext: span.parentSpanContext }),
    startTime: [seconds, Math.floor(nanos / 1_000) * 1_000],
    endTime: span.endTime,
    duration: span.duration,
    ended: span.ended,
    status: span.status,
    attributes: span.attributes,
    links: span.links,
    events: span.events,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  }
}
