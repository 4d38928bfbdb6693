import type { SignalNames } from '../pipeline/signal.js'
import { monotonicClock, type Clock } from '../../internal/runtime/clock.js'
import { DropNotice } from './drop-notice.js'
import type { DeliveryEvent } from '../delivery/events.js'
import type { NoRoom } from './no-room.js'
import { itemsInWords, reasonInWords } from './notice-text.js'
import { OutageNotice, withDrops } from './outage-notice.js'

export interface NoticeParts {
  readonly signal: SignalNames
  /** Puts our prefix before the line. */
  readonly warn: (message: string) => void
  /** What the operator can do about it, in a sentence; may be empty. */
  readonly hintFor: (reason: string, endpoint: string) => string
  readonly noRoom: NoRoom
  /** Where spans go, for lines about drops; a failure names its own. */
  readonly endpoint: () => string
  /** Why spans are lost at exit where no attempt has failed. */
  readonly lossWithoutFailure: () => string
  /** Ended spans that wait for the backend now. */
  readonly waitingSpans: () => number
  /** Gets each batch, or rest of one, that was lost; not of spans for which there was no room in the queue. */
  readonly onLoss?: (error: Error) => void
  /** Spans in a batch that is under way. */
  readonly spansOf: (id: number) => number
  readonly clock?: Clock
}

/** Where spans were dropped. */
export type DropPlace = 'queue' | 'outage buffer' | 'spool' | 'refused' | 'exit'

const SPOOL_UNREADABLE = 'their files in the spool are gone, or could not be read.'

/**
 * What is logged of the delivery: failures, drops and recoveries, each with its cause and a hint; of
 * success, nothing.
 *
 * A failure is logged at once (a fifth of a second later, so that a process that leaves says it all in one line), then with
 * its counts once a minute while it lasts, then its end. Drops are logged with the failure while there is one, and else
 * at once, then once a minute. What is lost at exit is logged before the call returns: no timer fires any more.
 */
export class Notices {
  readonly #parts: NoticeParts
  readonly #outage: OutageNotice
  readonly #drops: Readonly<Record<Exclude<DropPlace, 'exit'>, DropNotice>>
  #refusal = ''
  #isClosed = false

  constructor(parts: NoticeParts) {
    const { clock = monotonicClock } = parts
    // A hint may be empty.
    const warn = (message: string): void => parts.warn(message.trimEnd())
    this.#parts = { ...parts, warn }
    this.#outage = new OutageNotice({ ...this.#parts, clock })
    const drops = (why: () => string): DropNotice => new DropNotice({ signal: parts.signal, warn, clock, why })
    this.#drops = {
      queue: drops(() => parts.noRoom.queue),
      'outage buffer': drops(() => parts.noRoom.outageBuffer),
      spool: drops(() => SPOOL_UNREADABLE),
      refused: drops(() => this.#refusalInWords()),
    }
  }

  /** Failures and recoveries, and why spans were refused; no drops, and no warnings of the thread. */
  onEvent(event: DeliveryEvent): void {
    if (this.#isClosed) return
    if (event.kind === 'attempt-failed') this.#failed(event.endpoint, event.reason)
    else if (event.kind === 'recovered') this.#recovered(event.toSendAgain)
    else if (event.kind === 'exporting' && event.again) this.#outage.sentAgain(this.#parts.spansOf(event.id))
    else if (event.kind === 'settled' && event.failed > 0 && !event.lostInSpool)
      this.#refused(event.reason, event.exported === 0)
    else if (event.kind === 'adopted-failed') this.#refused(event.reason, true)
  }

  /** Each dropped span once, also those of an event. At exit: one call with all of them. */
  dropped(where: DropPlace, spans: number): void {
    if (this.#isClosed || spans === 0) return
    if (where !== 'queue' && where !== 'exit') this.#reportLoss(where, spans)
    if (where === 'exit') this.#atExit(spans)
    else if (this.#outage.isOpen()) this.#outage.dropped(spans, this.#noRoomAt(where))
    else this.#drops[where].add(spans)
  }

  /** Logs at once what was not logged yet. Nothing is logged afterwards. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const drops of Object.values(this.#drops)) drops.log()
    this.#outage.close()
  }

  #atExit(spans: number): void {
    const text = this.#exitInWords(spans)
    this.#parts.warn(text)
    this.#parts.onLoss?.(new Error(text))
  }

  #reportLoss(where: Exclude<DropPlace, 'queue' | 'exit'>, spans: number): void {
    const { onLoss, signal, noRoom } = this.#parts
    if (!onLoss) return
    const whys = { 'outage buffer': noRoom.outageBuffer, spool: SPOOL_UNREADABLE, refused: this.#refusalInWords() }
    onLoss(new Error(`${itemsInWords(spans, signal)} dropped: ${whys[where]}`))
  }

  /** Drops that wait for their line belong to the outage that follows. */
  #failed(endpoint: string, reason: string): void {
    const wasOpen = this.#outage.isOpen()
    this.#outage.failed(endpoint, reason)
    if (wasOpen) return
    for (const [where, drops] of Object.entries(this.#drops)) {
      this.#outage.dropped(drops.take(), this.#noRoomAt(where))
    }
  }

  #noRoomAt(where: string): string | undefined {
    const { queue, outageBuffer } = this.#parts.noRoom
    return where === 'queue' ? queue : where === 'outage buffer' ? outageBuffer : undefined
  }

  /** Whole batches that are refused during an outage are part of it: the backend is there again, and not well. */
  #refused(reason: string, isWhole: boolean): void {
    this.#refusal = reason
    if (isWhole) this.#outage.refused(reason)
  }

  #recovered(toSendAgain: number): void {
    this.#outage.sentAgain(toSendAgain)
    this.#outage.recovered()
  }

  #refusalInWords(): string {
    const { hintFor } = this.#parts
    const endpoint = this.#parts.endpoint()
    const reason = this.#refusal
    return `${endpoint} did not take them: ${reasonInWords(reason)}. ${hintFor(reason, endpoint)}`
  }

  #exitInWords(spans: number): string {
    const { hintFor, lossWithoutFailure, signal } = this.#parts
    const {
      endpoint = this.#parts.endpoint(),
      reason = lossWithoutFailure(),
      dropped = 0,
      noRoom,
    } = this.#outage.takeOver() ?? {}
    const before = dropped > 0 ? ` (${dropped} dropped before)` : ''
    const hint = withDrops(hintFor(reason, endpoint), noRoom, signal)
    const why = `sending them to ${endpoint} failed: ${reasonInWords(reason)}. ${hint}`
    return `${itemsInWords(spans, signal)} lost at exit${before}: ${why}`
  }
}
