import { TraceFlags, type MeterProvider } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { addExitHook } from '../../internal/process-exit/exit-hooks.js'
import {
  TracingConfigError,
  checkNumber,
  checkOneOf,
  checkPart,
  checkPlainObject,
} from '../../internal/checks/validate.js'
import {
  batchOptionsFromEnvironment,
  checkBatchOptions,
  resolveBatchOptions,
  type BatchOptions,
  type ResolvedBatchOptions,
} from './batch-options.js'
import { exporterPipeline } from './exporter-pipeline.js'
import { flushResult, type FlushResult } from './flush-result.js'
import type { TracingLedger } from './ledger.js'
import { otlpPipeline } from './otlp-pipeline.js'
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
  /** Longest time that leaving may take, in milliseconds. Default 2,000. */
  shutdownTimeoutMillis?: number
  /** Where to meter the ledger, as `otel.sdk.*`. Default: nowhere. */
  selfObsMeterProvider?: MeterProvider
}

const DEFAULT_SHUTDOWN_TIMEOUT_MILLIS = 2_000

/** So many spans may wait in it; for the metrics, and so no method that users see. */
export let queueCapacityOf: (processor: BatchSpanProcessor) => number
/** Likewise, what it exports by. */
export let exporterTypeOf: (processor: BatchSpanProcessor) => string

/**
 * A drop-in for the SDK's `BatchSpanProcessor`, in any `NodeSDK`: same options, same `OTEL_BSP_*` variables and defaults.
 * It loses nothing where the backend is away for a while and whichever way the process ends, and counts what it could not
 * keep ({@link BatchSpanProcessor.ledger}). A `terminate()`d worker and SIGKILL give no notice: only a spool helps there.
 *
 * @throws TracingConfigError when an option is wrong. Wrong environment variables are told once, and never throw.
 */
export class BatchSpanProcessor implements SpanProcessor {
  static {
    queueCapacityOf = (processor) => processor.#pipeline.capacity
    exporterTypeOf = (processor) => processor.#pipeline.exporterType
  }

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
    checkPlainObject('options', options)
    // The class of OpenTelemetry 2 took the exporter itself; taken for options, it would be left out without a word.
    if ('export' in options) throw notAnExporter(options)
    const environment = batchOptionsFromEnvironment()
    checkBatchOptions('', options)
    checkNumber('shutdownTimeoutMillis', options.shutdownTimeoutMillis, { min: 0 })
    const { exporter = 'otlp', selfObsMeterProvider: meters } = options
    if (meters !== undefined) checkPart('selfObsMeterProvider', meters, 'a MeterProvider', ['getMeter'])
    const batch = resolveBatchOptions(options, environment)
    this.#pipeline = pipelineOf(exporter, batch)
    this.#timeoutMillis = options.shutdownTimeoutMillis ?? DEFAULT_SHUTDOWN_TIMEOUT_MILLIS
    this.#exportTimeoutMillis = batch.exportTimeoutMillis
    this.#removeExitHook = this.#addExitHook()
    if (meters)
      this.#stopMetering = meterLedger(
        meters,
        () => this.ledger(),
        () => queueCapacityOf(this),
        exporterTypeOf(this),
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
   * Sends out every span that has ended, and says what became of them. Never rejects; waits for the export timeout unless told
   * otherwise.
   */
  forceFlush(options?: { timeoutMillis?: number }): Promise<FlushResult>
  /** The same, as the SDK's interface has it. */
  forceFlush(): Promise<void>
  forceFlush({ timeoutMillis = this.#exportTimeoutMillis }: { timeoutMillis?: number } = {}): Promise<unknown> {
    const pipeline = this.#pipeline
    return this.#stopped ?? flushResult(pipeline.counts, timeoutMillis, () => pipeline.flush(timeoutMillis))
  }

  /** Flushes and stops, in `shutdownTimeoutMillis` unless told otherwise, and says what became of the spans. Never rejects. */
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

  #addExitHook(): () => void {
    const pipeline = this.#pipeline
    const ended = (): number => this.#ended
    return addExitHook({
      timeoutMillis: this.#timeoutMillis,
      prepare: () => pipeline.send(),
      get needsEventLoop() {
        return pipeline.needsEventLoop
      },
      get pending() {
        return ended()
      },
      flush: (timeoutMillis) => pipeline.flush(timeoutMillis),
      startLeaving: (timeoutMillis) => pipeline.startLeaving(timeoutMillis),
      flushSync: (timeoutMillis) => pipeline.shutdownSync(timeoutMillis),
    })
  }
}

/** With an endpoint that configuration has settled on already. */
export function otlpBatchSpanProcessor(
  otlp: OtlpSettings,
  options: Omit<BatchSpanProcessorOptions, 'exporter'>,
): BatchSpanProcessor {
  // Not in the public type: an endpoint belongs into OTEL_EXPORTER_OTLP_* or the configuration file.
  return new BatchSpanProcessor({ ...options, exporter: otlp as never })
}

function notAnExporter(received: unknown): TracingConfigError {
  return new TracingConfigError('ERR_OPTION_TYPE', {
    option: 'options',
    allowed: 'an object such as { exporter }',
    received,
  })
}

function pipelineOf(
  exporter: SpanExporter | OtlpSettings | 'otlp',
  batch: ResolvedBatchOptions,
): Pipeline<ReadableSpan> {
  if (typeof exporter === 'string') {
    checkOneOf('exporter', exporter, ['otlp'])
    return spansOutlet(otlpFromEnvironment(), batch)
  }
  if (isOtlpSettings(exporter)) return spansOutlet(exporter, batch)
  checkPart('exporter', exporter, 'otlp or a SpanExporter', ['export', 'shutdown'])
  return exporterPipeline(exporter, batch)
}

function spansOutlet(otlp: OtlpSettings, batch: ResolvedBatchOptions): Pipeline<ReadableSpan> {
  return otlpPipeline(otlp, batch, otlp.protocol === 'http/json' ? otlpJsonEncoder : otlpProtobufEncoder)
}

/** An exporter of somebody's may have a `kind` too. */
function isOtlpSettings(exporter: unknown): exporter is OtlpSettings {
  if (typeof exporter !== 'object' || exporter === null || 'export' in exporter) return false
  return (exporter as Partial<OtlpSettings>).kind === 'otlp'
}
