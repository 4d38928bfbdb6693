import { TraceFlags, type MeterProvider } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { addPipelineExitHook } from '../../internal/process-exit/exit-hooks.js'
import {
  TracingConfigError,
  checkOneOf,
  checkNumber,
  checkPlainObject,
  checkPart,
} from '../../internal/checks/validate.js'
import { readTable } from '../../internal/checks/option-table.js'
import {
  BATCH_OPTIONS,
  checkBatchOptions,
  resolveBatchOptions,
  type BatchOptions,
  type ResolvedBatchOptions,
} from './batch-options.js'
import { ExporterPipeline } from './exporter-pipeline.js'
import { flushResult, type FlushResult } from './flush-result.js'
import type { TracingLedger } from './ledger.js'
import { OtlpPipeline } from './otlp-pipeline.js'
import { otlpProtobufEncoder } from '../otlp/encoder.js'
import { otlpJsonEncoder } from '../otlp/json-encoder.js'
import { otlpFromEnvironment, type OtlpSettings } from './otlp-settings.js'
import type { Pipeline } from './pipeline.js'
import { meterLedger } from './sdk-metrics.js'

/** Options of {@link BatchSpanProcessor}: those of the SDK's class of that name, and how spans get out. */
export interface BatchSpanProcessorOptions extends BatchOptions {
  /**
   * `'otlp'`: encoded once and sent by the delivery thread to OTEL_EXPORTER_OTLP_ENDPOINT. Or any exporter, which is called
   * on the main thread. Default `'otlp'`.
   */
  exporter?: SpanExporter | 'otlp'
  /** Longest time that the shutdown may take, in milliseconds. Default 2,000. */
  shutdownTimeoutMillis?: number
  /** Where to meter the ledger, as `otel.sdk.*`. Default: nowhere. */
  selfObsMeterProvider?: MeterProvider
}

const DEFAULT_SHUTDOWN_TIMEOUT_MILLIS = 2_000

/** Options that configuration has checked and completed: the variables are not read once more. */
class SettledOptions {
  readonly pipeline: Pipeline<ReadableSpan>
  readonly exportTimeoutMillis: number
  readonly shutdownTimeoutMillis: number
  readonly selfObsMeterProvider?: MeterProvider

  constructor(
    exporter: SpanExporter | OtlpSettings,
    batch: ResolvedBatchOptions,
    shutdownTimeoutMillis = DEFAULT_SHUTDOWN_TIMEOUT_MILLIS,
    meters?: MeterProvider,
  ) {
    this.pipeline = isOtlpSettings(exporter)
      ? new OtlpPipeline(exporter, batch, exporter.protocol === 'http/json' ? otlpJsonEncoder : otlpProtobufEncoder)
      : new ExporterPipeline(exporter, batch)
    this.exportTimeoutMillis = batch.exportTimeoutMillis
    this.shutdownTimeoutMillis = shutdownTimeoutMillis
    if (meters) this.selfObsMeterProvider = meters
  }
}

const pipelines = new WeakMap<BatchSpanProcessor, Pipeline<ReadableSpan>>()

/** What it sends by; for the metrics, and so no property that users see. */
export function pipelineOf(processor: BatchSpanProcessor): Pipeline<ReadableSpan> | undefined {
  return pipelines.get(processor)
}

/**
 * A drop-in for the SDK's `BatchSpanProcessor`, in any `NodeSDK`: same options, same `OTEL_BSP_*` variables and defaults.
 * It loses nothing where the backend is away for a while and whichever way the process ends, and counts what it could not
 * keep ({@link BatchSpanProcessor.ledger}). A `terminate()`d worker and SIGKILL give no notice: only a spool helps there.
 *
 * @throws TracingConfigError when an option is wrong. Wrong environment variables are logged once, and never throw.
 */
export class BatchSpanProcessor implements SpanProcessor {
  readonly #pipeline: Pipeline<ReadableSpan>
  readonly #timeoutMillis: number
  readonly #exportTimeoutMillis: number
  readonly #removeExitHook: () => void
  readonly #stopMetering: (() => void) | undefined
  #started = 0
  #open = 0
  #sampledOut = 0
  #ended = 0
  #stopped: Promise<FlushResult> | undefined

  constructor(options: BatchSpanProcessorOptions = {}) {
    const settled = options instanceof SettledOptions ? options : settle(options)
    const { pipeline, selfObsMeterProvider: meters } = settled
    this.#pipeline = pipeline
    this.#timeoutMillis = settled.shutdownTimeoutMillis
    this.#exportTimeoutMillis = settled.exportTimeoutMillis
    this.#removeExitHook = addPipelineExitHook(pipeline, this.#timeoutMillis, () => this.#ended)
    pipelines.set(this, pipeline)
    if (meters)
      this.#stopMetering = meterLedger(
        meters,
        () => this.ledger(),
        () => pipeline.capacity,
        pipeline.exporterType,
      )
  }

  /** Called by the SDK. */
  onStart(_span: Span): void {
    this.#started += 1
    this.#open += 1
  }

  /** Called by the SDK; must not block, so a span for which there is no room is dropped and counted. */
  onEnd(span: ReadableSpan): void {
    this.#open -= 1
    this.#ended += 1
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) this.#sampledOut += 1
    else if (this.#stopped) this.#pipeline.counts.droppedAtExit += 1
    else this.#pipeline.add(span)
  }

  /**
   * Sends out every span that has ended, and says what became of them. Never rejects; waits for the export timeout by
   * default.
   */
  forceFlush(options?: { timeoutMillis?: number }): Promise<FlushResult>
  /** The same, as the SDK's interface has it. */
  forceFlush(): Promise<void>
  forceFlush({ timeoutMillis = this.#exportTimeoutMillis }: { timeoutMillis?: number } = {}): Promise<unknown> {
    const pipeline = this.#pipeline
    return this.#stopped ?? flushResult(pipeline.counts, timeoutMillis, () => pipeline.flush(timeoutMillis))
  }

  /** Flushes and stops, in `shutdownTimeoutMillis` by default, and says what became of the spans. Never rejects. */
  shutdown(options?: { timeoutMillis?: number }): Promise<FlushResult>
  /** The same, as the SDK's interface has it. */
  shutdown(): Promise<void>
  shutdown({ timeoutMillis = this.#timeoutMillis }: { timeoutMillis?: number } = {}): Promise<unknown> {
    return (this.#stopped ??= flushResult(this.#pipeline.counts, timeoutMillis, () => this.#shutdown(timeoutMillis)))
  }

  /** Where every span went that this processor has seen; spans that were not recorded never come here. */
  ledger(): TracingLedger {
    return {
      started: this.#started,
      open: this.#open,
      notRecorded: 0,
      undecided: 0,
      sampledOut: this.#sampledOut,
      ...this.#pipeline.counts,
    }
  }

  async #shutdown(timeoutMillis: number): Promise<void> {
    await this.#pipeline.shutdown(timeoutMillis)
    this.#removeExitHook()
    this.#stopMetering?.()
  }
}

/** By what configuration has settled; an endpoint in code is not public, since it belongs into OTEL_EXPORTER_OTLP_* or the configuration file. */
export function settledBatchSpanProcessor(
  exporter: SpanExporter | OtlpSettings,
  batch: ResolvedBatchOptions,
  shutdownTimeoutMillis: number,
): BatchSpanProcessor {
  return new BatchSpanProcessor(new SettledOptions(exporter, batch, shutdownTimeoutMillis))
}

function settle(options: BatchSpanProcessorOptions): SettledOptions {
  checkPlainObject('options', options)
  // The class of OpenTelemetry 2 took the exporter itself; taken for options, it would be left out without a word.
  if ('export' in options) {
    const problem = { option: 'options', allowed: 'an object such as { exporter }', received: options }
    throw new TracingConfigError('ERR_OPTION_TYPE', problem)
  }
  const environment = readTable(BATCH_OPTIONS)
  checkBatchOptions(options)
  checkNumber('shutdownTimeoutMillis', options.shutdownTimeoutMillis, { min: 0 })
  const { exporter = 'otlp', shutdownTimeoutMillis, selfObsMeterProvider: meters } = options
  if (meters !== undefined) checkPart('selfObsMeterProvider', meters, 'a MeterProvider', ['getMeter'])
  const batch = resolveBatchOptions(options, environment)
  if (typeof exporter === 'string') checkOneOf('exporter', exporter, ['otlp'])
  else checkPart('exporter', exporter, 'otlp or a SpanExporter', ['export', 'shutdown'])
  return new SettledOptions(
    exporter === 'otlp' ? otlpFromEnvironment() : exporter,
    batch,
    shutdownTimeoutMillis,
    meters,
  )
}

/** Anybody's exporter may have a `kind` too. */
function isOtlpSettings(exporter: SpanExporter | OtlpSettings): exporter is OtlpSettings {
  return 'kind' in exporter && !('export' in exporter)
}
