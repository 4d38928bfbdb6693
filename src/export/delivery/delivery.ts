import { monotonicClock, type Clock } from '../../internal/runtime/clock.js'
import { LONGEST_TIMER_MILLIS } from '../../internal/async/within-millis.js'
import { createAlarm, type Alarm } from './wake-timer.js'
import { Attempts } from './attempts.js'
import type { EncodedBatch } from './batch.js'
import type { DeliveryEvent } from './events.js'
import { Flushes } from './flushes.js'
import { OutageBuffer } from './outage-buffer.js'
import { Outage } from './circuit-breaker.js'
import { Outcomes } from './send-results.js'
import { adoptedParcel, ownParcel, type Parcel } from './queued-batch.js'
import { SizeLimit } from './size-limit.js'
import type { Spool } from '../spool/spool.js'
import type { Transport } from '../transport/transport.js'
import { WaitingLines } from './batch-queues.js'

export interface DeliveryParts {
  /** Closed by the delivery's `close`. */
  readonly transport: Transport
  readonly report: (event: DeliveryEvent) => void
  /** Closed by the delivery's `close`. */
  readonly spool?: Spool
  /** Bound of the bytes of all batches in memory that are not settled. */
  readonly outageBufferBytes: number
  /** See {@link OutageBuffer}. */
  readonly shedsOldest?: boolean
  readonly attemptTimeoutMillis: number
  /** Takes the memory of each batch that has come to its end; nobody reads it any more. */
  readonly release?: ((bytes: Uint8Array) => void) | undefined
  readonly clock?: Clock
  /** From 0 to 1. */
  readonly random: () => number
}

/**
 * Brings batches to the backend: several at once while all is well, one at a time during an outage, for as long as it
 * lasts and the buffer has room. What earlier processes left in the spool is sent too, after the own batches.
 */
export interface Delivery {
  add(batch: EncodedBatch): void
  /** Settles when nothing waits any more, when the backend turns out to be unreachable, or when the time is up. Never rejects. */
  flush(timeoutMillis: number): Promise<void>
  /** flush, and then what is left goes to the spool, if there is one. Afterwards nothing is sent any more. */
  leave(timeoutMillis: number): Promise<void>
  /** Ends everything at once; answers that are still to come are not told of. */
  close(): void
}

export function createDelivery(parts: DeliveryParts): Delivery {
  return new BatchDelivery(parts)
}

const MOST_AT_ONCE = 4
const ADOPTION_INTERVAL_MILLIS = 30_000

class BatchDelivery implements Delivery {
  readonly #parts: DeliveryParts
  readonly #clock: Clock
  readonly #lines = new WaitingLines()
  readonly #buffer: OutageBuffer
  readonly #outage: Outage
  readonly #sizeLimit = new SizeLimit()
  readonly #flushes: Flushes
  readonly #attempts: Attempts
  readonly #outcomes: Outcomes
  readonly #alarm: Alarm
  readonly #adoption: NodeJS.Timeout | undefined
  #state: 'open' | 'left' | 'closed' = 'open'
  #lastId = 0
  #unsettled = 0

  constructor(parts: DeliveryParts) {
    const { transport, spool, outageBufferBytes, release, clock = monotonicClock, random } = parts
    const tell = (event: DeliveryEvent): void => this.#tell(event)
    const lines = this.#lines
    this.#parts = parts
    this.#clock = clock
    this.#outage = new Outage(random)
    this.#flushes = new Flushes(this.#outage)
    this.#alarm = createAlarm(clock, () => this.#goOn())
    const onGone = (parcel: Parcel): void => this.#onGone(parcel)
    const onHalf = (parcel: Parcel): void => this.#onHalf(parcel)
    this.#buffer = new OutageBuffer({
      lines,
      maxBytes: outageBufferBytes,
      shedsOldest: parts.shedsOldest,
      spool,
      tell,
      onGone,
      onHalf,
      release,
    })
    const { endpoint } = transport
    const [buffer, outage, flushes, sizeLimit] = [this.#buffer, this.#outage, this.#flushes, this.#sizeLimit]
    this.#outcomes = new Outcomes({ endpoint, lines, buffer, outage, flushes, sizeLimit, tell })
    this.#attempts = new Attempts(parts, (attempt, answer) => {
      this.#outcomes.onAnswer(attempt, answer, clock.nowMillis())
      this.#goOn()
    })
    if (!spool) return
    this.#adoption = setInterval(() => this.#adopt(), ADOPTION_INTERVAL_MILLIS).unref()
    this.#adopt()
  }

  add(batch: EncodedBatch): void {
    if (this.#state === 'closed') return
    const parcel = ownParcel(batch)
    this.#lastId = Math.max(this.#lastId, batch.id)
    this.#unsettled++
    this.#buffer.add(parcel)
    // What can't be sent now is safe on disk, also where this process is killed.
    if (this.#state === 'left' || this.#outage.isOn) this.#buffer.toSpool(parcel)
    this.#goOn()
  }

  flush(timeoutMillis: number): Promise<void> {
    return this.#flush(timeoutMillis, false)
  }

  async leave(timeoutMillis: number): Promise<void> {
    clearInterval(this.#adoption)
    this.#lines.leaveAdopted()
    this.#attempts.endBy(this.#clock.nowMillis() + withinBounds(timeoutMillis))
    await this.#flush(timeoutMillis, true)
    if (this.#state !== 'open') return
    this.#state = 'left'
    this.#alarm.set(undefined)
    this.#buffer.spoolAll()
    for (const parcel of this.#attempts.parcels) this.#buffer.park(parcel)
    this.#flushes.endAll()
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    clearInterval(this.#adoption)
    this.#alarm.set(undefined)
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
    this.#lines.release()
    const timeout = withinBounds(timeoutMillis)
    const request = { upToId: this.#lastId, left: this.#unsettled, timeoutMillis: timeout, untilQuiet }
    const flushed = this.#flushes.begin(request, this.#clock.nowMillis())
    this.#goOn()
    return flushed
  }

  /** After everything that happened: sends what may be sent, and sees to room, flushes and the time to look again. */
  #goOn(): void {
    this.#send()
    this.#buffer.makeRoom()
    if (this.#outage.isOn ? this.#buffer.isEmpty : !this.#lines.hasFresh)
      this.#buffer.liftFloor(this.#clock.nowMillis())
    this.#flushes.endDone(this.#attempts.count)
    this.#alarm.set(this.#nextSendAt())
  }

  #send(): void {
    const now = this.#clock.nowMillis()
    while ((this.#nextSendAt() ?? Infinity) <= now) {
      const parcel = this.#lines.take(now, this.#outage.isOn)
      if (!parcel) return
      if (!this.#buffer.load(parcel)) this.#outcomes.onUnreadable(parcel)
      else if (!this.#splitIfTooLarge(parcel)) this.#begin(parcel, now)
    }
  }

  #splitIfTooLarge(parcel: Parcel): boolean {
    return parcel.bytes !== undefined && this.#sizeLimit.isExceededBy(parcel.bytes) && this.#buffer.split(parcel)
  }

  #begin(parcel: Parcel, now: number): void {
    if (parcel.id !== undefined) this.#tell({ kind: 'exporting', id: parcel.id, again: parcel.again })
    this.#attempts.begin(parcel, this.#outage.isOn, now)
  }

  /** Undefined where only an answer or a batch can change anything. */
  #nextSendAt(): number | undefined {
    const most = this.#outage.isOn ? 1 : MOST_AT_ONCE
    if (this.#state !== 'open' || this.#attempts.count >= most || this.#lines.isEmpty) return undefined
    return this.#outage.isOn ? Math.min(this.#outage.nextProbeAt, this.#flushes.probeAt) : this.#lines.dueAt
  }

  #adopt(): void {
    for (const name of this.#parts.spool?.adopt() ?? []) this.#lines.add(adoptedParcel(name))
    this.#goOn()
  }

  #onHalf({ id }: Parcel): void {
    if (id === undefined) return
    this.#unsettled++
    this.#flushes.added(id)
  }

  #onGone({ id }: Parcel): void {
    if (id === undefined) return
    this.#unsettled--
    this.#flushes.gone(id)
  }

  #tell(event: DeliveryEvent): void {
    try {
      this.#parts.report(event)
    } catch {
      // Whoever listens must not be able to stop the delivery.
    }
  }
}

function withinBounds(timeoutMillis: number): number {
  return timeoutMillis > 0 ? Math.min(timeoutMillis, LONGEST_TIMER_MILLIS) : 0
}
