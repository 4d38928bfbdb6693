import { AsyncLocalStorage } from 'node:async_hooks'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { monotonicClock } from '../internal/clock.js'
import { repeatWarning, warn } from '../internal/diagnostics.js'
import { withinMillis } from '../internal/within-millis.js'
import type { ResolvedBatchOptions } from './batch-options.js'
import { Accounts } from './delivery/accounts.js'
import { createAnnouncements, type Announcements } from './delivery/told/announcements.js'
import type { Courier } from './delivery/courier/courier.js'
import { cureFor } from './delivery/told/cures.js'
import type { DeliveryEvent } from './delivery/events.js'
import { openCourier } from './delivery/courier/open-courier.js'
import { noDeliveryCounts, type DeliveryCounts } from './ledger.js'
import { otlpJsonEncoder } from './otlp/json-encoder.js'
import { otlpProtobufEncoder, type SpanEncoder } from './otlp/encoder.js'
import type { OtlpSettings } from './otlp-settings.js'
import { NO_TIME_TO_SEND, type Outlet } from './outlet.js'
import { ResourceWait } from './resource-wait.js'

/** A collector takes messages up to 4 MiB over gRPC unless told otherwise: a batch leaves well before. */
const MOST_BATCH_BYTES = 1_024 * 1_024
/** What a busy machine's delivery thread may not have looked at yet. */
const MOST_UNREAD_BYTES = 16 * MOST_BATCH_BYTES
/** The thread is there before a process that lives a little longer has to leave. */
const WARM_UP_MILLIS = 200

/** Encodes each span as it ends, and hands full batches to the delivery thread. */
export function otlpOutlet(otlp: OtlpSettings, options: ResolvedBatchOptions): Outlet {
  return new OtlpOutlet(otlp, options)
}

class OtlpOutlet implements Outlet {
  readonly counts: DeliveryCounts = noDeliveryCounts()
  readonly #options: ResolvedBatchOptions
  readonly #newEncoder: () => SpanEncoder
  #encoder: SpanEncoder
  /** Full batches that wait for the resource. */
  readonly #full: SpanEncoder[] = []
  readonly #accounts = new Accounts(this.counts)
  readonly #courier: Courier
  #announcements: Announcements
  #endpoint = 'the OTLP endpoint'
  readonly #resource = new ResourceWait(() => this.#sendWhatIsThere())
  // A timer that is set in a request must not keep that request's context.
  readonly #outside = AsyncLocalStorage.snapshot()
  #timer: NodeJS.Timeout | undefined
  #warmUpTimer: NodeJS.Timeout | undefined

  constructor(otlp: OtlpSettings, options: ResolvedBatchOptions) {
    this.#options = options
    this.#newEncoder = otlp.protocol === 'http/json' ? otlpJsonEncoder : otlpProtobufEncoder
    this.#encoder = this.#newEncoder()
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

  get capacity(): number {
    return Math.round(this.#options.outageBufferBytes / this.#accounts.bytesOfSpan)
  }

  add(span: ReadableSpan): void {
    // Spans that wait for the backend are bounded by the outage buffer; so much more is a thread that does not keep up.
    if (this.#accounts.bytes > 2 * this.#options.outageBufferBytes + MOST_UNREAD_BYTES) {
      this.counts.droppedQueueFull += 1
      this.#announcements.dropped('queue', 1)
      return
    }
    this.#resource.expect(span.resource)
    this.#encoder.add(span)
    this.counts.queued += 1
    if (this.#encoder.spans >= this.#options.maxExportBatchSize || this.#encoder.byteLength >= MOST_BATCH_BYTES) {
      this.#batchIsFull()
    } else if (this.#timer === undefined) this.#setTimer()
  }

  handOver(): void {
    this.#sendWhatIsThere()
  }

  async flush(timeoutMillis: number): Promise<void> {
    if (this.counts.queued === 0 && this.#accounts.isEmpty) return
    const began = monotonicClock.nowMillis()
    await withinMillis(timeoutMillis, this.#resource.settled)
    this.#sendWhatIsThere()
    await this.#courier.flush(Math.max(0, timeoutMillis - (monotonicClock.nowMillis() - began)))
  }

  async leave(timeoutMillis: number): Promise<void> {
    const began = monotonicClock.nowMillis()
    clearTimeout(this.#warmUpTimer)
    if (this.counts.queued > 0) await withinMillis(timeoutMillis, this.#resource.settled)
    this.#sendWhatIsThere()
    await this.#courier.leave(Math.max(0, timeoutMillis - (monotonicClock.nowMillis() - began)))
    this.#giveUpTheRest()
  }

  leaveNow(timeoutMillis: number): void {
    this.#sendWhatIsThere()
    if (!this.#accounts.isEmpty) this.#courier.leaveNow(timeoutMillis)
    this.#giveUpTheRest()
  }

  /** The resource is written last: a full batch can wait for it, as long as the queue has room. */
  #batchIsFull(): void {
    const waiting = (this.#full.length + 1) * this.#options.maxExportBatchSize
    if (!this.#resource.isPending || waiting >= this.#options.maxQueueSize) {
      this.#sendWhatIsThere()
      return
    }
    this.#full.push(this.#encoder)
    this.#encoder = this.#newEncoder()
  }

  #setTimer(): void {
    this.#timer = this.#outside(() => setTimeout(() => this.#onTimer(), this.#options.scheduledDelayMillis))
    this.#timer.unref()
    if (this.#warmUpTimer) return
    this.#warmUpTimer = this.#outside(() => setTimeout(() => this.#courier.warmUp(), WARM_UP_MILLIS))
    this.#warmUpTimer.unref()
  }

  #onTimer(): void {
    this.#timer = undefined
    if (this.#resource.isPending) this.#setTimer()
    else this.#sendWhatIsThere()
  }

  #sendWhatIsThere(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const encoder of [...this.#full, this.#encoder]) {
      const { spans } = encoder
      if (spans > 0) this.#courier.send(this.#accounts.open(encoder.take(), spans))
    }
    this.#full.length = 0
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
    else if (event.kind === 'settled') this.#announcements.dropped('refused', event.failed)
  }

  #giveUpTheRest(): void {
    this.#announcements.dropped('exit', this.#accounts.abandon())
    this.#announcements.close()
    // A process that survives its signal goes on.
    this.#announcements = this.#newAnnouncements()
  }

  #newAnnouncements(): Announcements {
    return createAnnouncements({
      warn,
      cureFor,
      endpoint: () => this.#endpoint,
      lossWithoutFailure: () => (this.needsEventLoop ? NO_TIME_TO_SEND : 'no answer in time'),
      waitingSpans: () => this.counts.queued + this.counts.exporting,
      spansOf: (id) => this.#accounts.spansOf(id),
    })
  }
}
