import { repeatWarning, warn } from '../../internal/diagnostics/diagnostics.js'
import { reportToGlobalErrorHandler } from '../../internal/diagnostics/global-error-handler.js'
import type { ResolvedBatchOptions } from './batch-options.js'
import { InFlightBatches } from '../delivery/in-flight-batches.js'
import type { DeliveryClient } from '../worker/delivery-client.js'
import { freeMemory } from '../worker/free-memory.js'
import { openDeliveryClient } from '../worker/worker-client.js'
import type { DeliveryEvent } from '../delivery/events.js'
import { Notices } from '../notices/notices.js'
import { noRoomInBuffer } from '../notices/no-room.js'
import { hintFor } from '../notices/hints.js'
import { noDeliveryCounts, type DeliveryCounts } from './ledger.js'
import { memoryShares, type MemoryShares } from './memory-shares.js'
import type { OtlpSettings } from './otlp-settings.js'
import { NO_TIME_TO_SEND } from './pipeline.js'
import { SIGNALS } from './signal.js'

export type DeliveryOptions = Pick<
  ResolvedBatchOptions,
  'outageBufferBytes' | 'exportTimeoutMillis' | 'spoolDirectory' | 'spoolMaxBytes' | 'exportThread'
>

/**
 * The way of one signal's encoded requests to the backend, by the delivery thread. Counts each item, and logs what was lost.
 * Nothing of it throws or rejects.
 */
export class OtlpDelivery {
  readonly counts: DeliveryCounts = noDeliveryCounts()
  readonly #otlp: OtlpSettings
  readonly #options: DeliveryOptions
  readonly #shares: MemoryShares
  readonly #inFlight: InFlightBatches
  readonly #client: DeliveryClient
  #notices: Notices
  /** A request was under way when the rest was given up. */
  #wasExporting = false
  #endpoint = 'the OTLP endpoint'

  constructor(otlp: OtlpSettings, options: DeliveryOptions) {
    this.#otlp = otlp
    this.#options = options
    this.#notices = this.#newNotices()
    const { outageBufferBytes, exportTimeoutMillis, spoolDirectory, spoolMaxBytes } = options
    this.#shares = memoryShares(outageBufferBytes, options.exportThread ? 2 : 1)
    this.#inFlight = new InFlightBatches(this.counts, (bytes) => {
      if (this.#client.copies) freeMemory(bytes)
    })
    const settings = {
      otlp,
      maxBytes: this.#shares.shedAboveBytes,
      attemptTimeoutMillis: exportTimeoutMillis,
      spool: spoolDirectory === undefined ? undefined : { folder: spoolDirectory, maxBytes: spoolMaxBytes },
    }
    const listener = {
      onEvent: (event: DeliveryEvent) => this.#onEvent(event),
      unsent: () => this.#inFlight.inMemory(),
    }
    this.#client = openDeliveryClient(settings, listener, options.exportThread)
  }

  get needsEventLoop(): boolean {
    return this.#client.needsEventLoop
  }

  /** How many items may wait: an estimate, since it is their bytes that are bounded. */
  get capacity(): number {
    return Math.round(this.#shares.mostBytes / this.#inFlight.bytesOfSpan)
  }

  get mostBatchBytes(): number {
    return this.#shares.mostBatchBytes
  }

  /**
   * Whether there is no room for anything more. Of what waits for the backend the delivery chooses what goes, before it comes
   * to that; if it does, the thread does not keep up.
   *
   * @param encodedBytes that wait to be sent from here
   */
  isFull(encodedBytes: number): boolean {
    return this.#inFlight.bytes + encodedBytes >= this.#shares.mostBytes
  }

  /** Nothing is on its way. */
  get isEmpty(): boolean {
    return this.#inFlight.isEmpty
  }

  /** Counts items for which there is no room. */
  drop(items: number): void {
    this.counts.droppedQueueFull += items
    this.#notices.dropped('queue', items)
  }

  /** @param items how many the request has; they are counted as queued already */
  send(bytes: Uint8Array, items: number): void {
    const { mostBytes, mostBatchBytes } = this.#shares
    // Only one item that is as large as the buffer can come to that.
    if (this.#inFlight.bytes + bytes.byteLength > mostBytes + mostBatchBytes) {
      this.counts.queued -= items
      this.drop(items)
      return
    }
    this.#client.send(this.#inFlight.open(bytes, items))
  }

  /** Gets ready for the first request. */
  warmUp(): void {
    this.#client.warmUp()
  }

  flush(timeoutMillis: number): Promise<void> {
    return this.#client.flush(timeoutMillis)
  }

  async shutdown(timeoutMillis: number): Promise<void> {
    await this.#client.shutdown(timeoutMillis)
    this.#giveUpRest()
  }

  startLeaving(timeoutMillis: number): void {
    if (!this.#inFlight.isEmpty) this.#client.startLeaving(timeoutMillis)
  }

  shutdownSync(timeoutMillis: number): void {
    if (!this.#inFlight.isEmpty) this.#client.shutdownSync(timeoutMillis)
    this.#giveUpRest()
  }

  #onEvent(event: DeliveryEvent): void {
    if (event.kind === 'warning') {
      repeatWarning(event.message)
      return
    }
    if (event.kind === 'endpoint') this.#endpoint = event.endpoint
    this.#notices.onEvent(event)
    this.#inFlight.onEvent(event)
    if (event.kind === 'shed') this.#notices.dropped('outage buffer', event.spans)
    else if (event.kind === 'settled') this.#notices.dropped(event.lostInSpool ? 'spool' : 'refused', event.failed)
    else if (event.kind === 'adopted-failed') this.#notices.dropped('refused', event.spans)
  }

  #giveUpRest(): void {
    this.#wasExporting = this.counts.exporting > 0
    this.#notices.dropped('exit', this.#inFlight.abandon())
    this.#notices.close()
    // A process that survives its signal goes on.
    this.#notices = this.#newNotices()
  }

  /** The backend is named where it has a request, and nowhere else. */
  #lossWithoutFailure(): string {
    if (this.needsEventLoop) return NO_TIME_TO_SEND
    return (
      this.#client.obstacle ?? (this.#wasExporting ? 'no answer in time' : 'the delivery thread did not get to them')
    )
  }

  #newNotices(): Notices {
    const { signal } = this.#otlp
    const { outageBufferBytes, spoolDirectory, spoolMaxBytes } = this.#options
    return new Notices({
      signal: SIGNALS[signal],
      warn,
      noRoom: noRoomInBuffer({
        outageBufferBytes,
        spoolMaxBytes: spoolDirectory === undefined ? undefined : spoolMaxBytes,
      }),
      onLoss: reportToGlobalErrorHandler,
      hintFor: (reason, endpoint) => hintFor(reason, endpoint, SIGNALS[signal]),
      endpoint: () => this.#endpoint,
      lossWithoutFailure: () => this.#lossWithoutFailure(),
      waitingSpans: () => this.counts.queued + this.counts.exporting,
      spansOf: (id) => this.#inFlight.spansOf(id),
    })
  }
}
