import { monotonicClock, type Clock } from '../../internal/runtime/clock.js'
import { LONGEST_TIMER_MILLIS } from '../../internal/async/settled-within.js'
import { WakeTimer } from './wake-timer.js'
import { Attempts } from './attempts.js'
import { type EncodedBatch, adoptedBatch, ownBatch, type QueuedBatch } from './queued-batch.js'
import type { DeliveryEvent } from './events.js'
import { Flushes } from './flushes.js'
import { OutageBuffer } from './outage-buffer.js'
import { CircuitBreaker } from './circuit-breaker.js'
import { SendResults } from './send-results.js'
import type { Spool } from '../spool/spool.js'
import type { Transport } from '../transport/transport.js'
import { BatchQueues } from './batch-queues.js'

export interface DeliveryParts {
  /** Closed by the delivery's `close`. */
  readonly transport: Transport
  readonly report: (event: DeliveryEvent) => void
  /** Closed by the delivery's `close`. */
  readonly spool?: Spool
  /** Bound of the bytes of all batches in memory that are not settled. */
  readonly maxBytes: number
  /** See {@link OutageBuffer}. */
  readonly shedsOldest?: boolean
  readonly attemptTimeoutMillis: number
  /** Takes the memory of each batch that has come to its end; it is not read any more. */
  readonly release?: ((bytes: Uint8Array) => void) | undefined
  /** See {@link OutageBuffer}; where it turns true, `resume` is called. */
  readonly takesRests?: (() => boolean) | undefined
  readonly clock?: Clock
  /** From 0 to 1. */
  readonly random: () => number
}

const MOST_AT_ONCE = 4
const ADOPTION_INTERVAL_MILLIS = 30_000

/**
 * Brings batches to the backend: several at once while all is well, one at a time during an outage, for as long as it
 * lasts and the buffer has room. What earlier processes left in the spool is sent too, after the own batches.
 */
export class Delivery {
  readonly #parts: DeliveryParts
  readonly #clock: Clock
  readonly #queues = new BatchQueues()
  readonly #buffer: OutageBuffer
  readonly #breaker: CircuitBreaker
  readonly #flushes: Flushes
  readonly #attempts: Attempts
  readonly #results: SendResults
  readonly #wakeTimer: WakeTimer
  readonly #adoption: NodeJS.Timeout | undefined
  #state: 'open' | 'left' | 'closed' = 'open'
  #lastId = 0
  #unsettled = 0

  constructor(parts: DeliveryParts) {
    const { transport, spool, maxBytes, release, takesRests, clock = monotonicClock, random } = parts
    const report = (event: DeliveryEvent): void => this.#report(event)
    const queues = this.#queues
    this.#parts = parts
    this.#clock = clock
    this.#breaker = new CircuitBreaker(random)
    this.#flushes = new Flushes(this.#breaker)
    this.#wakeTimer = new WakeTimer(clock, () => this.#goOn())
    const onGone = (queued: QueuedBatch): void => this.#onGone(queued)
    const onHalf = (queued: QueuedBatch): void => this.#onHalf(queued)
    this.#buffer = new OutageBuffer({
      queues,
      maxBytes,
      shedsOldest: parts.shedsOldest,
      spool,
      report,
      onGone,
      onHalf,
      release,
      sending: () => this.#attempts.batches,
      takesRests,
    })
    const { endpoint } = transport
    const [buffer, breaker, flushes] = [this.#buffer, this.#breaker, this.#flushes]
    this.#results = new SendResults({ endpoint, queues, buffer, breaker, flushes, report })
    this.#attempts = new Attempts(parts, (attempt, answer) => {
      this.#results.onAnswer(attempt, answer, clock.nowMillis())
      this.#goOn()
    })
    if (!spool) return
    this.#adoption = setInterval(() => this.#adopt(), ADOPTION_INTERVAL_MILLIS).unref()
    this.#adopt()
  }

  add(batch: EncodedBatch): void {
    if (this.#state === 'closed') return
    const queued = ownBatch(batch)
    this.#lastId = Math.max(this.#lastId, batch.id)
    this.#unsettled++
    this.#buffer.add(queued)
    // What can't be sent now is safe on disk, also where this process is killed.
    if (this.#state === 'left' || this.#breaker.isOpen) this.#buffer.toSpool(queued)
    this.#goOn()
  }

  /** Goes on with what had to wait for who gets the reports. */
  resume(): void {
    if (this.#state !== 'closed') this.#goOn()
  }

  /** Settles when nothing waits any more, when the backend turns out to be unreachable, or when the time is up. Never rejects. */
  flush(timeoutMillis: number): Promise<void> {
    return this.#flush(timeoutMillis, false)
  }

  /** flush, and then what is left goes to the spool, if there is one. Afterwards nothing is sent any more. */
  async shutdown(timeoutMillis: number): Promise<void> {
    clearInterval(this.#adoption)
    this.#queues.leaveAdopted()
    this.#attempts.endBy(this.#clock.nowMillis() + withinBounds(timeoutMillis))
    await this.#flush(timeoutMillis, true)
    if (this.#state !== 'open') return
    this.#state = 'left'
    this.#wakeTimer.set(undefined)
    this.#buffer.spoolAll()
    for (const queued of this.#attempts.batches) this.#buffer.park(queued)
    this.#flushes.endAll()
  }

  /** Ends everything at once; answers that are still to come are not reported. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    clearInterval(this.#adoption)
    this.#wakeTimer.set(undefined)
    this.#attempts.abandonAll()
    this.#flushes.endAll()
    try {
      this.#parts.transport.close()
    } catch {
      // It is not used any more.
    }
    this.#parts.spool?.close()
  }

  #flush(timeoutMillis: number, untilQuiet: boolean): Promise<void> {
    if (this.#state !== 'open') return Promise.resolve()
    this.#queues.release()
    const timeout = withinBounds(timeoutMillis)
    const request = { upToId: this.#lastId, left: this.#unsettled, timeoutMillis: timeout, untilQuiet }
    const flushed = this.#flushes.begin(request, this.#clock.nowMillis())
    this.#goOn()
    return flushed
  }

  /** After each event: sends what is due, makes room, ends flushes, and sets the timer. */
  #goOn(): void {
    this.#send()
    this.#buffer.makeRoom()
    if (this.#breaker.isOpen ? this.#buffer.isEmpty : !this.#queues.hasFresh)
      this.#buffer.liftFloor(this.#clock.nowMillis())
    this.#flushes.endDone(this.#attempts.count)
    this.#wakeTimer.set(this.#buffer.wantsTurn ? this.#clock.nowMillis() : this.#nextSendAt())
  }

  #send(): void {
    const now = this.#clock.nowMillis()
    while ((this.#nextSendAt() ?? Infinity) <= now) {
      const queued = this.#queues.take(now, this.#breaker.isOpen)
      if (!queued) return
      if (!this.#buffer.load(queued)) this.#results.onUnreadable(queued)
      else if (this.#buffer.thin(queued) && !this.#results.splitIfTooLarge(queued)) this.#begin(queued, now)
    }
  }

  #begin(queued: QueuedBatch, now: number): void {
    if (queued.id !== undefined) this.#report({ kind: 'exporting', id: queued.id, again: queued.again })
    this.#attempts.begin(queued, this.#breaker.isOpen, now)
  }

  /** Undefined where only an answer or a batch can change anything. */
  #nextSendAt(): number | undefined {
    const most = this.#breaker.isOpen ? 1 : MOST_AT_ONCE
    if (this.#state !== 'open' || this.#attempts.count >= most || this.#queues.isEmpty) return undefined
    return this.#breaker.isOpen ? Math.min(this.#breaker.nextProbeAt, this.#flushes.probeAt) : this.#queues.dueAt
  }

  #adopt(): void {
    for (const name of this.#parts.spool?.adopt() ?? []) this.#queues.add(adoptedBatch(name))
    this.#goOn()
  }

  #onHalf({ id }: QueuedBatch): void {
    if (id === undefined) return
    this.#unsettled++
    this.#flushes.added(id)
  }

  #onGone({ id }: QueuedBatch): void {
    if (id === undefined) return
    this.#unsettled--
    this.#flushes.gone(id)
  }

  #report(event: DeliveryEvent): void {
    try {
      this.#parts.report(event)
    } catch {
      // A listener must not be able to stop the delivery.
    }
  }
}

function withinBounds(timeoutMillis: number): number {
  return timeoutMillis > 0 ? Math.min(timeoutMillis, LONGEST_TIMER_MILLIS) : 0
}
