import type { OtlpSettings } from '../pipeline/otlp-settings.js'
import type { EncodedBatch } from '../delivery/queued-batch.js'
import type { DeliveryEvent } from '../delivery/events.js'

/** Brings encoded batches to the backend, from a thread or from here. Nothing of it throws or rejects. */
export interface DeliveryClient {
  /** Why nothing was sent, where that is not the backend's doing; known after a shutdown. */
  readonly obstacle: string | undefined
  /** Whether batches are sent as copies, so that those that it was given are the owner's alone. */
  readonly copies: boolean
  /** Whether it can't send without this thread's event loop; a thread that can't be started is known of after `send`. */
  readonly needsEventLoop: boolean
  send(batch: EncodedBatch): void
  /** Gets ready for the first batch, so that the process need not wait for it when it leaves. */
  warmUp(): void
  /** Settles when all is sent, when the backend turns out to be unreachable, or when the time is up. */
  flush(timeoutMillis: number): Promise<void>
  /** The same, and then nothing is sent any more: what is left is on disk or lost. */
  shutdown(timeoutMillis: number): Promise<void>
  /** Begins what `shutdownSync` then waits for; it may be called alone, too. */
  startLeaving(timeoutMillis: number): void
  /**
   * The same for a process that ends now and whose event loop does not turn any more. Returns at once where that can't be
   * done.
   */
  shutdownSync(timeoutMillis: number): void
}

/** Gets the events of a delivery. */
export interface DeliveryListener {
  onEvent(event: DeliveryEvent): void
  /** What is to be sent again after a thread has died. */
  unsent(): readonly EncodedBatch[]
}

/** Plain data: it crosses to the delivery thread. */
export interface DeliverySettings {
  readonly otlp: OtlpSettings
  readonly attemptTimeoutMillis: number
  /** Of the batches that wait in memory; see `memoryShares`. */
  readonly maxBytes: number
  readonly spool: { readonly folder: string; readonly maxBytes: number } | undefined
}
