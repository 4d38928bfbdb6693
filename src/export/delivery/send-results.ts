import type { Attempt } from './attempts.js'
import type { DeliveryEvent } from './events.js'
import type { Flushes } from './flushes.js'
import type { OutageBuffer } from './outage-buffer.js'
import type { Outage } from './circuit-breaker.js'
import type { Parcel } from './queued-batch.js'
import type { SizeLimit } from './size-limit.js'
import type { Accepted, Answer, ComeAgain } from '../transport/transport.js'
import type { WaitingLines } from './batch-queues.js'

interface OutcomesParts {
  readonly endpoint: string
  readonly lines: WaitingLines
  readonly buffer: OutageBuffer
  readonly outage: Outage
  readonly flushes: Flushes
  readonly sizeLimit: SizeLimit
  readonly tell: (event: DeliveryEvent) => void
}

/** Who has failed while others succeed is tried again after so long. */
const PAUSE_MILLIS = 1_000
const PAUSE_IN_FLUSH_MILLIS = 100

/** What an answer means: for its batch, for the outage, for who waits, and for who listens. */
export class Outcomes {
  readonly #parts: OutcomesParts
  #hasTrouble = false

  constructor(parts: OutcomesParts) {
    this.#parts = parts
  }

  onAnswer(attempt: Attempt, answer: Answer, now: number): void {
    if (answer.kind === 'accepted') this.#accepted(attempt, answer, now)
    else if (answer.kind === 'too-large') this.#tooLarge(attempt, answer.reason, now)
    else if (answer.kind === 'refused') this.#refused(attempt, answer.reason, now)
    else this.#comeAgain(attempt, answer, now)
  }

  /** The spool does not have it any more; or can't read it now, and then it is there for another process. */
  onUnreadable(parcel: Parcel): void {
    if (this.#parts.buffer.isLeft(parcel)) {
      this.#parts.buffer.leave(parcel)
      return
    }
    const { id, spans } = parcel
    const reason = 'its file in the spool could not be read'
    if (id !== undefined)
      this.#parts.tell({ kind: 'settled', id, exported: 0, failed: spans, reason, lostInSpool: true })
    parcel.entry = undefined
    this.#parts.buffer.forget(parcel)
  }

  #accepted({ parcel, isProbe }: Attempt, { rejectedSpans, message }: Accepted, now: number): void {
    const { outage, flushes, lines } = this.#parts
    const failed = rejectedSpans > 0 ? Math.min(rejectedSpans, parcel.spans) : 0
    this.#settle(parcel, failed, message)
    if (outage.isOn && outage.succeeded(isProbe, now) && isProbe) lines.release()
    flushes.answered(now)
    if (outage.isOn || !this.#hasTrouble) return
    this.#hasTrouble = false
    this.#parts.tell({ kind: 'recovered', endpoint: this.#parts.endpoint, toSendAgain: lines.toSendAgain })
  }

  #tooLarge(attempt: Attempt, reason: string, now: number): void {
    const { outage, flushes, buffer, sizeLimit } = this.#parts
    const { bytes } = attempt.parcel
    // Parked in the spool while this attempt was under way: whoever sends it next splits it.
    if (!bytes) return
    sizeLimit.refused(bytes)
    // One span that is too large alone is no trouble of the backend's.
    if (!buffer.split(attempt.parcel)) this.#settle(attempt.parcel, attempt.parcel.spans, reason)
    if (outage.isOn && attempt.isProbe) outage.foundTooLarge(now)
    flushes.answered(now)
  }

  #refused({ parcel, isProbe }: Attempt, reason: string, now: number): void {
    const { outage, flushes } = this.#parts
    this.#settle(parcel, parcel.spans, reason)
    if (outage.isOn && isProbe) outage.refused(now)
    flushes.answered(now)
    this.#trouble(reason)
  }

  #comeAgain({ parcel, isProbe }: Attempt, answer: ComeAgain, now: number): void {
    const { outage, flushes, buffer } = this.#parts
    outage.failed(answer, isProbe, now)
    flushes.failed(answer, now)
    parcel.again ||= answer.mayHaveArrived
    // Without bytes it has been parked in the spool while this attempt was under way.
    if (parcel.bytes) buffer.putBack(parcel, now + (flushes.isAny ? PAUSE_IN_FLUSH_MILLIS : PAUSE_MILLIS))
    buffer.spoolAll()
    this.#trouble(answer.reason)
  }

  #settle(parcel: Parcel, failed: number, reason: string): void {
    const { id, spans } = parcel
    if (id !== undefined) this.#parts.tell({ kind: 'settled', id, exported: spans - failed, failed, reason })
    else if (failed > 0) this.#parts.tell({ kind: 'adopted-failed', spans: failed, reason })
    this.#parts.buffer.forget(parcel)
  }

  #trouble(reason: string): void {
    this.#hasTrouble = true
    this.#parts.tell({ kind: 'trouble', endpoint: this.#parts.endpoint, reason })
  }
}
