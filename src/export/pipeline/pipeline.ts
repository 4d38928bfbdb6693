import type { DeliveryCounts } from './ledger.js'

/** Why a process that ends at once loses what this thread should have sent. */
export const NO_TIME_TO_SEND = 'the process ended at once, and its main thread had no time to send them'

/** What becomes of sampled spans after they have ended, or of log records. Nothing of it throws or rejects. */
export interface Pipeline<T> {
  readonly counts: DeliveryCounts
  /** How many spans may wait; an estimate where their bytes are what is bounded. */
  readonly capacity: number
  /**
   * Whether it can send only while the event loop turns, so that a process that ends at once loses what is queued. Known for
   * sure after `send`.
   */
  readonly needsEventLoop: boolean
  /** `otel.component.type` of what it exports by. */
  readonly exporterType: string
  add(item: T): void
  /** Begins to send what is queued. */
  send(): void
  /** Sends everything, as far as that can be done in the time given. */
  flush(timeoutMillis: number): Promise<void>
  /** The same, and ends; what is left is lost, or on disk, and logged. */
  shutdown(timeoutMillis: number): Promise<void>
  /** Begins what `shutdownSync` then waits for; it may be called alone, too. */
  startLeaving(timeoutMillis: number): void
  /** The same for a process whose event loop does not turn any more. */
  shutdownSync(timeoutMillis: number): void
}
