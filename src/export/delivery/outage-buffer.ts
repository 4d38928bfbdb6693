import type { DeliveryEvent } from './events.js'
import { asBatch, halfBatch, type QueuedBatch } from './queued-batch.js'
import { thresholdThatFrees } from './shedding.js'
import { halvesOf, weighSpans, withoutSpans } from './requests/spans-in-request.js'
import type { Spool } from '../spool/spool.js'
import type { BatchQueues } from './batch-queues.js'

export interface OutageBufferParts {
  readonly queues: BatchQueues
  readonly maxBytes: number
  /** Requests that hold no traces go as wholes, the oldest first. Default: traces go, those of the lowest randomness first. */
  readonly shedsOldest?: boolean | undefined
  readonly spool: Spool | undefined
  readonly report: (event: DeliveryEvent) => void
  /** Nothing is left of this one. */
  readonly onGone: (queued: QueuedBatch) => void
  /** A batch was split, and this is one of its two halves. */
  readonly onHalf: (queued: QueuedBatch) => void
  readonly release: ((bytes: Uint8Array) => void) | undefined
  /** The batches that are being sent now. */
  readonly sending: () => Iterable<QueuedBatch>
  /** Whether who gets the reports has room for the bytes of one more batch that was shed in part. Default: always. */
  readonly takesRests?: (() => boolean) | undefined
}

/** How full the buffer is after it was too full: room for a while, so that one overflow does not follow the other. */
const LEFT_AFTER_OVERFLOW = 7 / 8

/** How many bytes are looked through for spans to shed before other work gets its turn. */
const MOST_THINNED_BYTES = 4 * 1_024 * 1_024

/** Spans that come later of a trace that was cut are let through: to look at every batch costs more than they are worth. */
const LONGEST_TRACE_MILLIS = 60_000

/** From this share on an overflow may be near, and it is worth the time to note which traces have arrived in part. */
const NEARLY_FULL = 1 / 2

/**
 * Holds the batches in memory within their bound: what is too much goes to the spool, and where there is none, spans go,
 * whole traces, lowest randomness first. What is being sent counts, and can't be touched; while there are others, traces stay
 * of which spans are being sent or have arrived.
 */
export class OutageBuffer {
  readonly #parts: OutageBufferParts
  #bytes = 0
  /** Spans below are shed, also those that come later: a trace goes as a whole. */
  #floor = 0
  readonly #cut = new RecentTraces()
  readonly #arrived = new RecentTraces()
  /** Traces that had spans under way at the last overflow. */
  #underWay = new Set<number>()
  /** Counts the overflows. */
  #overflow = 0
  /** Batches that wait may still have spans below the floor. */
  #isThinning = false
  #isNoted = false
  #lastNotedAt = 0
  readonly #stays = (randomness: number): boolean =>
    (this.#underWay.has(randomness) || this.#arrived.has(randomness)) && !this.#cut.has(randomness)
  readonly #goes = (randomness: number): boolean => {
    if (randomness >= this.#floor || this.#stays(randomness)) return this.#cut.has(randomness)
    this.#cut.add(randomness)
    this.#isNoted = true
    return true
  }

  constructor(parts: OutageBufferParts) {
    this.#parts = parts
  }

  add(queued: QueuedBatch): void {
    this.#bytes += queued.bytes?.byteLength ?? 0
    if (this.#shedBelowFloor(queued)) this.#parts.queues.add(queued)
  }

  /** Nothing is in memory, being sent or not. */
  get isEmpty(): boolean {
    return this.#bytes === 0
  }

  /** There is more to shed, now that others have had their turn. */
  get wantsTurn(): boolean {
    return this.#isThinning && this.#parts.takesRests?.() !== false
  }

  /** Sheds what is below the floor of a batch that is about to be sent; false where nothing is left. */
  thin(queued: QueuedBatch): boolean {
    // What is on disk is safe, and has to stay what it is there.
    if (!this.#isThinning || queued.entry !== undefined || queued.thinnedAt === this.#overflow) return true
    return this.#shedBelowFloor(queued)
  }

  /** After an attempt that failed. */
  putBack(queued: QueuedBatch, notBefore: number): void {
    if (queued.id !== undefined) this.#parts.report({ kind: 'waiting', id: queued.id })
    // What is on disk already is safe, and takes no room here.
    if (queued.entry === undefined && !this.#shedBelowFloor(queued)) return
    this.toSpool(queued)
    this.#parts.queues.putBack(queued, notBefore)
  }

  /** Makes sure that the bytes are in memory; false where the spool does not have them any more. */
  load(queued: QueuedBatch): boolean {
    if (queued.bytes || queued.entry === undefined) return true
    const stored = this.#parts.spool?.read(queued.entry)
    if (!stored) return false
    this.#setBytes(queued, stored.bytes)
    if (queued.id === undefined) queued.spans = stored.spans
    return true
  }

  /** Whether it is still in the spool, though it can't be read now: another process sends it then. */
  isInSpool({ entry }: QueuedBatch): boolean {
    return entry !== undefined && (this.#parts.spool?.has(entry) ?? false)
  }

  /** It stays in the spool, for another process. */
  leaveInSpool(queued: QueuedBatch): void {
    this.#parts.onGone(queued)
  }

  /** The batch has come to its end. */
  forget(queued: QueuedBatch): void {
    const { bytes } = queued
    this.#setBytes(queued, undefined)
    if (queued.entry !== undefined) this.#parts.spool?.remove(queued.entry)
    this.#parts.onGone(queued)
    // Last: released memory has no length, and would count as none.
    if (bytes) this.#parts.release?.(bytes)
  }

  /** Two halves take its place, first in line; false where it has one span, or can't be read. It must have its bytes. */
  split(queued: QueuedBatch): boolean {
    const { id, bytes, spans } = queued
    const halves = bytes && halvesOf({ bytes, spans })?.map((half, index) => halfBatch(queued, half, index))
    if (!halves) return false
    if (id !== undefined) this.#parts.report({ kind: 'split', id, halves: halves.flatMap(asBatch) })
    for (const half of halves) {
      this.#bytes += half.bytes?.byteLength ?? 0
      this.#parts.onHalf(half)
      if (queued.entry !== undefined) this.toSpool(half)
      if (this.#shedBelowFloor(half)) this.#parts.queues.addHalf(half)
    }
    this.forget(queued)
    return true
  }

  /** Where there is a spool that takes it, the batch is there and no longer in memory. */
  toSpool(queued: QueuedBatch): boolean {
    const { bytes } = queued
    if (!this.#toSpool(queued)) return false
    if (bytes) this.#parts.release?.(bytes)
    return true
  }

  /** As toSpool, for one that is being sent: its answer comes too late. */
  park(queued: QueuedBatch): void {
    if (queued.id === undefined || !queued.bytes) return
    queued.entry ??= this.#parts.spool?.put({ bytes: queued.bytes, spans: queued.spans })
    if (queued.entry === undefined) return
    this.#parts.report({ kind: 'waiting', id: queued.id })
    this.#toSpool(queued)
  }

  /** Everything that waits in memory, as far as the spool takes it. */
  spoolAll(): void {
    for (const queued of this.#parts.queues.own()) if (queued.bytes) this.toSpool(queued)
  }

  makeRoom(): void {
    const { maxBytes } = this.#parts
    if (this.#isThinning) this.#shedWaiting()
    if (this.#isThinning || this.#bytes <= maxBytes) return
    this.#spoolDownTo(maxBytes * LEFT_AFTER_OVERFLOW)
    if (this.#bytes <= maxBytes) return
    if (this.#parts.shedsOldest) {
      this.#dropOldest(maxBytes * LEFT_AFTER_OVERFLOW)
      return
    }
    this.#raiseFloor(this.#bytes - maxBytes * LEFT_AFTER_OVERFLOW)
    this.#isThinning = true
    this.#shedWaiting()
  }

  /** The backend has these spans: the others of their traces are worth more than those of other traces. */
  arrived({ id, bytes }: QueuedBatch): void {
    const isNear = this.#floor > 0 || this.#bytes > this.#parts.maxBytes * NEARLY_FULL
    if (!isNear || this.#parts.shedsOldest || id === undefined || !bytes) return
    weighSpans(bytes, (randomness) => this.#arrived.add(randomness))
    this.#isNoted = true
  }

  /** The buffer is as good as empty: whatever comes now is kept, except what is left of traces that were cut. */
  liftFloor(now: number): void {
    if (this.#isThinning) return
    this.#floor = 0
    this.#underWay.clear()
    if (this.#cut.isEmpty && this.#arrived.isEmpty) return
    if (this.#isNoted) this.#lastNotedAt = now
    this.#isNoted = false
    if (now - this.#lastNotedAt <= LONGEST_TRACE_MILLIS) return
    this.#cut.clear()
    this.#arrived.clear()
  }

  #raiseFloor(bytes: number): void {
    const waiting = [...this.#parts.queues.own()].flatMap((queued) => queued.bytes ?? [])
    this.#overflow++
    this.#underWay.clear()
    for (const queued of this.#parts.sending())
      if (queued.bytes) weighSpans(queued.bytes, (randomness) => this.#underWay.add(randomness))
    let shedding = thresholdThatFrees(bytes, waiting, this.#stays)
    // Where the traces that should stay leave too few others, they go like these: those first that may never arrive.
    for (const staying of [this.#underWay, this.#arrived]) {
      if (shedding.isEnough) break
      staying.clear()
      shedding = thresholdThatFrees(bytes, waiting, this.#stays)
    }
    this.#floor = Math.max(this.#floor, shedding.threshold)
  }

  #spoolDownTo(maxBytes: number): void {
    for (const queued of this.#parts.queues.own()) {
      if (this.#bytes <= maxBytes) return
      if (queued.bytes && !this.toSpool(queued)) return
    }
  }

  #dropOldest(maxBytes: number): void {
    this.#parts.queues.keepOnly((queued) => {
      const { id, spans } = queued
      if (this.#bytes <= maxBytes || !queued.bytes || id === undefined) return true
      const { bytes } = queued
      this.#setBytes(queued, undefined)
      this.#parts.report({ kind: 'shed', id, spans, rest: undefined })
      this.#parts.onGone(queued)
      this.#parts.release?.(bytes)
      return false
    })
  }

  /** Until enough is looked through for once, or what is left of it has to be taken over first. */
  #shedWaiting(): void {
    const { queues, takesRests } = this.#parts
    let left = MOST_THINNED_BYTES
    this.#isThinning = false
    queues.keepOnly((queued) => {
      if (!queued.bytes || queued.thinnedAt === this.#overflow) return true
      if (left <= 0 || takesRests?.() === false) {
        this.#isThinning = true
        return true
      }
      left -= queued.bytes.byteLength
      return this.#shedBelowFloor(queued)
    })
  }

  #toSpool(queued: QueuedBatch): boolean {
    if (queued.bytes) queued.entry ??= this.#parts.spool?.put({ bytes: queued.bytes, spans: queued.spans })
    if (queued.entry === undefined) return false
    this.#setBytes(queued, undefined)
    if (queued.id !== undefined) this.#parts.report({ kind: 'spooled', id: queued.id })
    return true
  }

  /** False where nothing is left of it. */
  #shedBelowFloor(queued: QueuedBatch): boolean {
    const { bytes } = queued
    if ((this.#floor === 0 && this.#cut.isEmpty) || !bytes || queued.id === undefined) return true
    const { rest, dropped } = withoutSpans({ bytes, spans: queued.spans }, this.#goes)
    queued.thinnedAt = this.#overflow
    if (rest === bytes) return true
    this.#setBytes(queued, rest)
    queued.spans -= dropped
    this.#parts.report({ kind: 'shed', id: queued.id, spans: dropped, rest })
    if (!rest) this.#parts.onGone(queued)
    this.#parts.release?.(bytes)
    return rest !== undefined
  }

  #setBytes(queued: QueuedBatch, bytes: Uint8Array | undefined): void {
    this.#bytes += (bytes?.byteLength ?? 0) - (queued.bytes?.byteLength ?? 0)
    queued.bytes = bytes
  }
}

/** The last traces that were added: at least 10,000 of them, at most 20,000. */
class RecentTraces {
  #newer = new Set<number>()
  #older = new Set<number>()

  /** @param randomness distinguishes traces: 52 bits of it are known. */
  add(randomness: number): void {
    if (this.#newer.size >= MOST_OF_A_GENERATION) {
      this.#older = this.#newer
      this.#newer = new Set()
    }
    this.#newer.add(randomness)
  }

  has(randomness: number): boolean {
    return this.#newer.has(randomness) || this.#older.has(randomness)
  }

  get isEmpty(): boolean {
    return this.#newer.size === 0
  }

  clear(): void {
    this.#newer.clear()
    this.#older.clear()
  }
}

const MOST_OF_A_GENERATION = 10_000
