import { repeatWarning, warn } from '../../internal/diagnostics/diagnostics.js'
import { reportToGlobalErrorHandler } from '../../internal/diagnostics/global-error-handler.js'
import type { ResolvedBatchOptions } from './batch-options.js'
import { Accounts } from '../delivery/in-flight-batches.js'
import type { Courier } from '../worker/delivery-client.js'
import { openCourier } from '../worker/open-client.js'
import type { DeliveryEvent } from '../delivery/events.js'
import { createAnnouncements, type Announcements } from '../notices/notices.js'
import { cureFor } from '../notices/hints.js'
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
  readonly #accounts = new Accounts(this.counts)
  readonly #courier: Courier
  #announcements: Announcements
  #endpoint = 'the OTLP endpoint'

  constructor(otlp: OtlpSettings, options: DeliveryOptions) {
    this.#otlp = otlp
    this.#options = options
    this.#announcements = this.#newAnnouncements()
    const { outageBufferBytes, exportTimeoutMillis, spoolDirectory, spoolMaxBytes } = options
    const settings = {
      otlp,
      outageBufferBytes,
      attemptTimeoutMillis: exportTimeoutMillis,
      spool: spoolDirectory === undefined ? undefined : { folder: spoolDirectory, maxBytes: spoolMaxBytes },
    }
    const client = {
      onEvent: (event: DeliveryEvent) => this.#onEvent(event),
      unsettled: () => this.#accounts.inMemory(),
    }
    this.#courier = openCourier(settings, client, options.exportThread)
  }

  get needsEventLoop(): boolean {
    return this.#courier.needsEventLoop
  }

  /** So many items may wait: an estimate, since it is their bytes that are bounded. */
  get capacity(): number {
    return Math.round(this.#options.outageBufferBytes / this.#accounts.bytesOfSpan)
  }

  /** Items that wait for the backend are bounded by the outage buffer; so much more is a thread that does not keep up. */
  get isFull(): boolean {
    return this.#accounts.bytes > 2 * this.#options.outageBufferBytes + MOST_UNREAD_BYTES
  }

  /** Nothing is on its way. */
  get isEmpty(): boolean {
    return this.#accounts.isEmpty
  }

  /** Counts items for which there is no room. */
  drop(items: number): void {
    this.counts.droppedQueueFull += items
    this.#announcements.dropped('queue', items)
  }

  /** @param items how many the request has; they are counted as queued already */
  send(bytes: Uint8Array, items: number): void {
    this.#courier.send(this.#accounts.open(bytes, items))
  }

  /** Gets ready for the first request. */
  warmUp(): void {
    this.#courier.warmUp()
  }

  flush(timeoutMillis: number): Promise<void> {
    return this.#courier.flush(timeoutMillis)
  }

  async leave(timeoutMillis: number): Promise<void> {
    await this.#courier.leave(timeoutMillis)
    this.#giveUpTheRest()
  }

  startLeaving(timeoutMillis: number): void {
    if (!this.#accounts.isEmpty) this.#courier.startLeaving(timeoutMillis)
  }

  leaveNow(timeoutMillis: number): void {
    if (!this.#accounts.isEmpty) this.#courier.leaveNow(timeoutMillis)
    this.#giveUpTheRest()
  }

  #onEvent(event: DeliveryEvent): void {
    if (event.kind === 'warning') {
      repeatWarning(event.message)
      return
    }
    if (event.kind === 'endpoint') this.#endpoint = event.endpoint
    this.#announcements.onEvent(event)
    this.#accounts.onEvent(event)
    if (event.kind === 'shed') this.#announcements.dropped('outage buffer', event.spans)
    else if (event.kind === 'settled')
      this.#announcements.dropped(event.lostInSpool ? 'spool' : 'refused', event.failed)
    else if (event.kind === 'adopted-failed') this.#announcements.dropped('refused', event.spans)
  }

  #giveUpTheRest(): void {
    this.#announcements.dropped('exit', this.#accounts.abandon())
    this.#announcements.close()
    // A process that survives its signal goes on.
    this.#announcements = this.#newAnnouncements()
  }

  #newAnnouncements(): Announcements {
    const { signal = 'traces' } = this.#otlp
    return createAnnouncements({
      signal: SIGNALS[signal],
      warn,
      onLoss: reportToGlobalErrorHandler,
      cureFor: (reason, endpoint) => cureFor(reason, endpoint, SIGNALS[signal]),
      endpoint: () => this.#endpoint,
      lossWithoutFailure: () => (this.needsEventLoop ? NO_TIME_TO_SEND : 'no answer in time'),
      waitingSpans: () => this.counts.queued + this.counts.exporting,
      spansOf: (id) => this.#accounts.spansOf(id),
    })
  }
}
