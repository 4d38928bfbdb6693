import type { DeliveryEvent } from './events.js'
import { CutTraces } from './shed-traces.js'
import { asBatch, halfParcel, type Parcel } from './queued-batch.js'
import { thresholdThatFrees } from './shedding.js'
import { halvesOf, withoutSpans } from './requests/spans-in-request.js'
import type { Spool } from '../spool/spool.js'
import type { WaitingLines } from './batch-queues.js'

export interface OutageBufferParts {
  readonly lines: WaitingLines
  readonly maxBytes: number
  /** Requests that hold no traces go as wholes, the oldest first. Default: traces go, those of the lowest randomness first. */
  readonly shedsOldest?: boolean | undefined
  readonly spool: Spool | undefined
  readonly tell: (event: DeliveryEvent) => void
  /** Nothing is left of this one. */
  readonly onGone: (parcel: Parcel) => void
  /** A batch was split, and this is one of its two halves. */
  readonly onHalf: (parcel: Parcel) => void
  readonly release: ((bytes: Uint8Array) => void) | undefined
}

/** How full the buffer is after it was too full: room for a while, so that one overflow does not follow the other. */
const LEFT_AFTER_OVERFLOW = 7 / 8

/** Spans that come later of a trace that was cut are let through: to look at every batch costs more than they are worth. */
const LONGEST_TRACE_MILLIS = 60_000

/**
 * Holds the batches in memory within their bound: what is too much goes to the spool, and where there is none, spans go,
 * whole traces, lowest randomness first. What is being sent counts, and can't be touched.
 */
export class OutageBuffer {
  readonly #parts: OutageBufferParts
  #bytes = 0
  /** Spans below are shed, also those that come later: a trace goes as a whole. */
  #floor = 0
  readonly #cut = new CutTraces()
  #hasCut = false
  #lastCutAt = 0
  readonly #goes = (randomness: number): boolean => {
    if (randomness >= this.#floor) return this.#cut.has(randomness)
    this.#cut.add(randomness)
    this.#hasCut = true
    return true
  }

  constructor(parts: OutageBufferParts) {
    this.#parts = parts
  }

  add(parcel: Parcel): void {
    this.#bytes += parcel.bytes?.byteLength ?? 0
    if (this.#shedBelowFloor(parcel)) this.#parts.lines.add(parcel)
  }

  /** Nothing is in memory, being sent or not. */
  get isEmpty(): boolean {
    return this.#bytes === 0
  }

  /** After an attempt that failed. */
  putBack(parcel: Parcel, notBefore: number): void {
    if (parcel.id !== undefined) this.#parts.tell({ kind: 'waiting', id: parcel.id })
    // What is on disk already is safe, and takes no room here.
    if (parcel.entry === undefined && !this.#shedBelowFloor(parcel)) return
    this.toSpool(parcel)
    this.#parts.lines.putBack(parcel, notBefore)
  }

  /** Makes sure that the bytes are in memory; false where the spool does not have them any more. */
  load(parcel: Parcel): boolean {
    if (parcel.bytes || parcel.entry === undefined) return true
    const stored = this.#parts.spool?.read(parcel.entry)
    if (!stored) return false
    this.#setBytes(parcel, stored.bytes)
    if (parcel.id === undefined) parcel.spans = stored.spans
    return true
  }

  /** Whether it is still in the spool, though it can't be read now: another process sends it then. */
  isLeft({ entry }: Parcel): boolean {
    return entry !== undefined && (this.#parts.spool?.has(entry) ?? false)
  }

  /** It stays in the spool, for another process. */
  leave(parcel: Parcel): void {
    this.#parts.onGone(parcel)
  }

  /** The batch has come to its end. */
  forget(parcel: Parcel): void {
    const { bytes } = parcel
    this.#setBytes(parcel, undefined)
    if (parcel.entry !== undefined) this.#parts.spool?.remove(parcel.entry)
    this.#parts.onGone(parcel)
    // Last: released memory has no length, and would count as none.
    if (bytes) this.#parts.release?.(bytes)
  }

  /** Two halves take its place, first in line; false where it has one span, or can't be read. It must have its bytes. */
  split(parcel: Parcel): boolean {
    const { id, bytes, spans } = parcel
    const halves = bytes && halvesOf({ bytes, spans })?.map((half, index) => halfParcel(parcel, half, index))
    if (!halves) return false
    if (id !== undefined) this.#parts.tell({ kind: 'split', id, halves: halves.flatMap(asBatch) })
    for (const half of halves) {
      this.#bytes += half.bytes?.byteLength ?? 0
      this.#parts.onHalf(half)
      if (parcel.entry !== undefined) this.toSpool(half)
      if (this.#shedBelowFloor(half)) this.#parts.lines.addHalf(half)
    }
    this.forget(parcel)
    return true
  }

  /** Where there is a spool that takes it, the batch is there and no longer in memory. */
  toSpool(parcel: Parcel): boolean {
    if (parcel.bytes) parcel.entry ??= this.#parts.spool?.put({ bytes: parcel.bytes, spans: parcel.spans })
    if (parcel.entry === undefined) return false
    this.#setBytes(parcel, undefined)
    if (parcel.id !== undefined) this.#parts.tell({ kind: 'spooled', id: parcel.id })
    return true
  }

  /** As toSpool, for one that is being sent: nobody will be there to hear its answer. */
  park(parcel: Parcel): void {
    if (parcel.id === undefined || !parcel.bytes) return
    parcel.entry ??= this.#parts.spool?.put({ bytes: parcel.bytes, spans: parcel.spans })
    if (parcel.entry === undefined) return
    this.#parts.tell({ kind: 'waiting', id: parcel.id })
    this.toSpool(parcel)
  }

  /** Everything that waits in memory, as far as the spool takes it. */
  spoolAll(): void {
    for (const parcel of this.#parts.lines.own()) if (parcel.bytes) this.toSpool(parcel)
  }

  makeRoom(): void {
    const { maxBytes } = this.#parts
    if (this.#bytes <= maxBytes) return
    this.#spoolDownTo(maxBytes * LEFT_AFTER_OVERFLOW)
    if (this.#bytes <= maxBytes) return
    if (this.#parts.shedsOldest) {
      this.#dropOldest(maxBytes * LEFT_AFTER_OVERFLOW)
      return
    }
    const waiting = [...this.#parts.lines.own()].flatMap(({ bytes }) => bytes ?? [])
    const threshold = thresholdThatFrees(this.#bytes - maxBytes * LEFT_AFTER_OVERFLOW, waiting)
    this.#floor = Math.max(this.#floor, threshold)
    this.#shedWaiting()
  }

  /** The buffer is as good as empty: whatever comes now is kept, but for what is left of traces that were cut. */
  liftFloor(now: number): void {
    this.#floor = 0
    if (this.#cut.isEmpty) return
    if (this.#hasCut) this.#lastCutAt = now
    this.#hasCut = false
    if (now - this.#lastCutAt > LONGEST_TRACE_MILLIS) this.#cut.clear()
  }

  #spoolDownTo(maxBytes: number): void {
    for (const parcel of this.#parts.lines.own()) {
      if (this.#bytes <= maxBytes) return
      if (parcel.bytes && !this.toSpool(parcel)) return
    }
  }

  #dropOldest(maxBytes: number): void {
    this.#parts.lines.keepOnly((parcel) => {
      const { id, spans } = parcel
      if (this.#bytes <= maxBytes || !parcel.bytes || id === undefined) return true
      this.#setBytes(parcel, undefined)
      this.#parts.tell({ kind: 'shed', id, spans, rest: undefined })
      this.#parts.onGone(parcel)
      return false
    })
  }

  #shedWaiting(): void {
    const { lines } = this.#parts
    lines.keepOnly((parcel) => !parcel.bytes || this.#shedBelowFloor(parcel))
  }

  /** False where nothing is left of it. */
  #shedBelowFloor(parcel: Parcel): boolean {
    if ((this.#floor === 0 && this.#cut.isEmpty) || !parcel.bytes || parcel.id === undefined) return true
    const { rest, dropped } = withoutSpans({ bytes: parcel.bytes, spans: parcel.spans }, this.#goes)
    if (rest === parcel.bytes) return true
    this.#setBytes(parcel, rest)
    parcel.spans -= dropped
    this.#parts.tell({ kind: 'shed', id: parcel.id, spans: dropped, rest })
    if (!rest) this.#parts.onGone(parcel)
    return rest !== undefined
  }

  #setBytes(parcel: Parcel, bytes: Uint8Array | undefined): void {
    this.#bytes += (bytes?.byteLength ?? 0) - (parcel.bytes?.byteLength ?? 0)
    parcel.bytes = bytes
  }
}
