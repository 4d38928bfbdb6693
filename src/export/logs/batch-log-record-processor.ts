import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { addExitHook } from '../../internal/process-exit/exit-hooks.js'
import type { ResolvedBatchOptions } from '../pipeline/batch-options.js'
import type { LogLedger } from '../pipeline/ledger.js'
import { otlpPipeline } from '../pipeline/otlp-pipeline.js'
import type { OtlpSettings } from '../pipeline/otlp-settings.js'
import { otlpLogEncoder } from '../otlp/log-encoder.js'
import type { Pipeline } from '../pipeline/pipeline.js'

/**
 * Sends log records over OTLP, as {@link BatchSpanProcessor} sends spans: by the delivery thread, whichever way the process
 * ends, and each record is counted.
 */
export class BatchLogRecordProcessor implements LogRecordProcessor {
  readonly #outlet: Pipeline<ReadableLogRecord>
  readonly #batch: ResolvedBatchOptions
  readonly #timeoutMillis: number
  readonly #removeExitHook: () => void
  #emitted = 0
  #left: Promise<void> | undefined

  constructor(otlp: OtlpSettings, batch: ResolvedBatchOptions, shutdownTimeoutMillis: number) {
    this.#outlet = otlpPipeline(otlp, batch, otlpLogEncoder(otlp.protocol))
    this.#batch = batch
    this.#timeoutMillis = shutdownTimeoutMillis
    this.#removeExitHook = this.#addExitHook()
  }

  /** So many records may wait; an estimate, since their bytes are what is bounded. */
  get capacity(): number {
    return this.#outlet.capacity
  }

  /** Called by the SDK; must not block, so a record for which there is no room is dropped and counted. */
  onEmit(record: ReadableLogRecord): void {
    this.#emitted += 1
    if (this.#left) this.#outlet.counts.droppedAtExit += 1
    else this.#outlet.add(record)
  }

  /** Sends out every record that was emitted. Never rejects. */
  forceFlush(options?: { timeoutMillis?: number }): Promise<void> {
    return this.#left ?? this.#outlet.flush(options?.timeoutMillis ?? this.#batch.exportTimeoutMillis)
  }

  /** Flushes and stops, in `shutdownTimeoutMillis` unless told otherwise. Never rejects. */
  shutdown(options?: { timeoutMillis?: number }): Promise<void> {
    return (this.#left ??= this.#leave(options?.timeoutMillis ?? this.#timeoutMillis))
  }

  ledger(): LogLedger {
    return { emitted: this.#emitted, ...this.#outlet.counts }
  }

  async #leave(timeoutMillis: number): Promise<void> {
    await this.#outlet.shutdown(timeoutMillis)
    this.#removeExitHook()
  }

  #addExitHook(): () => void {
    const outlet = this.#outlet
    const emitted = (): number => this.#emitted
    return addExitHook({
      timeoutMillis: this.#timeoutMillis,
      prepare: () => outlet.send(),
      get needsEventLoop() {
        return outlet.needsEventLoop
      },
      get pending() {
        return emitted()
      },
      flush: (timeoutMillis) => outlet.flush(timeoutMillis),
      startLeaving: (timeoutMillis) => outlet.startLeaving(timeoutMillis),
      flushSync: (timeoutMillis) => outlet.shutdownSync(timeoutMillis),
    })
  }
}
