import { repeatWarning, warn } from '../../internal/diagnostics/diagnostics.js'
import { reportToGlobalErrorHandler } from '../../internal/diagnostics/global-error-handler.js'
import type { ResolvedBatchOptions } from './batch-options.js'
import { InFlightBatches } from '../delivery/in-flight-batches.js'
import type { DeliveryClient } from '../worker/delivery-client.js'
import { openDeliveryClient } from '../worker/worker-client.js'
import type { DeliveryEvent } from '../delivery/events.js'
import { Notices } from '../notices/notices.js'
import { hintFor } from '../notices/hints.js'
import { noDeliveryCounts, type DeliveryCounts } from './ledger.js'
import type { OtlpSettings } from './otlp-settings.js'
import { NO_TIME_TO_SEND } from './pipeline.js'
import { SIGNALS } from './signal.js'

const MIB = 1_024 * 1_024
/** What a busy machine's delivery thread may not have looked at yet. */
const MOST_UNREAD_BYTES = 16 * MIB

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
  readonly #inFlight = new InFlightBatches(this.counts)
  readonly #client: DeliveryClient
  #notices: Notices
  #endpoint = 'the OTLP endpoint'

  constructor(otlp: OtlpSettings, options: DeliveryOptions) {
    this.#otlp = otlp
    this.#options = options
    this.#notices = this.#newNotices()
    const { outageBufferBytes, exportTimeoutMillis, spoolDirectory, spoolMaxBytes } = options
    const settings = {
      otlp,
      outageBufferBytes,
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
    return Math.round(this.#options.outageBufferBytes / this.#inFlight.bytesOfSpan)
  }

  /** Items that wait for the backend are bounded by the outage buffer; more than that is a thread that does not keep up. */
  get isFull(): boolean {
    return this.#inFlight.bytes > 2 * this.#options.outageBufferBytes + MOST_UNREAD_BYTES
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
    this.#notices.dropped('exit', this.#inFlight.abandon())
    this.#notices.close()
    // A process that survives its signal goes on.
    this.#notices = this.#newNotices()
  }

  #newNotices(): Notices {
    const { signal } = this.#otlp
    return new Notices({
      signal: SIGNALS[signal],
      warn,
      onLoss: reportToGlobalErrorHandler,
      hintFor: (reason, endpoint) => hintFor(reason, endpoint, SIGNALS[signal]),
      endpoint: () => this.#endpoint,
      lossWithoutFailure: () => (this.needsEventLoop ? NO_TIME_TO_SEND : 'no answer in time'),
      waitingSpans: () => this.counts.queued + this.counts.exporting,
      spansOf: (id) => this.#inFlight.spansOf(id),
    })
  }
}
