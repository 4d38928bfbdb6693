import {
  type LogRecordProcessor,
  type ReadableLogRecord,
  ConsoleLogRecordExporter,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'
import { addPipelineExitHook } from '../../internal/process-exit/exit-hooks.js'
import type { ResolvedBatchOptions } from '../pipeline/batch-options.js'
import type { LogLedger } from '../pipeline/ledger.js'
import { OtlpPipeline } from '../pipeline/otlp-pipeline.js'
import type { OtlpSettings } from '../pipeline/otlp-settings.js'
import { otlpLogEncoder } from '../otlp/log-encoder.js'
import type { Pipeline } from '../pipeline/pipeline.js'
import { logBatchOptions, type LogPipelineSettings } from './log-settings.js'

/**
 * Sends log records over OTLP, as {@link BatchSpanProcessor} sends spans: by the delivery thread, whichever way the process
 * ends, and each record is counted.
 */
export class BatchLogRecordProcessor implements LogRecordProcessor {
  readonly #pipeline: Pipeline<ReadableLogRecord>
  readonly #batch: ResolvedBatchOptions
  readonly #timeoutMillis: number
  readonly #removeExitHook: () => void
  #emitted = 0
  #stopped: Promise<void> | undefined

  constructor(otlp: OtlpSettings, batch: ResolvedBatchOptions, shutdownTimeoutMillis: number) {
    this.#pipeline = new OtlpPipeline(otlp, batch, otlpLogEncoder(otlp.protocol))
    this.#batch = batch
    this.#timeoutMillis = shutdownTimeoutMillis
    this.#removeExitHook = addPipelineExitHook(this.#pipeline, shutdownTimeoutMillis, () => this.#emitted)
  }

  /** How many records may wait; an estimate, since their bytes are what is bounded. */
  get capacity(): number {
    return this.#pipeline.capacity
  }

  /** Called by the SDK; must not block, so a record for which there is no room is dropped and counted. */
  onEmit(record: ReadableLogRecord): void {
    this.#emitted += 1
    if (this.#stopped) this.#pipeline.counts.droppedAtExit += 1
    else this.#pipeline.add(record)
  }

  /** Sends out every record that was emitted. Never rejects. */
  forceFlush(options?: { timeoutMillis?: number }): Promise<void> {
    return this.#stopped ?? this.#pipeline.flush(options?.timeoutMillis ?? this.#batch.exportTimeoutMillis)
  }

  /** Flushes and stops, in `shutdownTimeoutMillis` by default. Never rejects. */
  shutdown(options?: { timeoutMillis?: number }): Promise<void> {
    return (this.#stopped ??= this.#shutdown(options?.timeoutMillis ?? this.#timeoutMillis))
  }

  ledger(): LogLedger {
    return { emitted: this.#emitted, ...this.#pipeline.counts }
  }

  async #shutdown(timeoutMillis: number): Promise<void> {
    await this.#pipeline.shutdown(timeoutMillis)
    this.#removeExitHook()
  }
}

/** @param delivery what is the same for all signals */
export function logRecordProcessors(
  pipelines: readonly LogPipelineSettings[],
  delivery: ResolvedBatchOptions,
  shutdownTimeoutMillis: number,
): LogRecordProcessor[] {
  return pipelines.map(({ exporter, batch }) =>
    exporter.kind === 'console'
      ? new SimpleLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() })
      : new BatchLogRecordProcessor(exporter, logBatchOptions(batch, delivery), shutdownTimeoutMillis),
  )
}
