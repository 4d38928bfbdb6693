import type { Clock } from '../../internal/runtime/clock.js'
import { PACE, type ItemNames } from './notice-text.js'
import { beginningInWords, courseInWords, endInWords, newOutage, type Outage } from './outage.js'

interface OutageNoticeParts {
  readonly signal: ItemNames
  readonly warn: (message: string) => void
  readonly hintFor: (reason: string, endpoint: string) => string
  readonly waitingSpans: () => number
  readonly clock: Clock
}

/** A backend whose words are never the same twice would otherwise be told of every second. */
const MOST_REASONS = 5

/**
 * Tells of failing attempts. A reason is told when it first comes up; then, while the trouble lasts, there is one line a
 * minute with what it costs; then one when it is over. A further reason waits until a second after the line before, and
 * after five of them only the line of each minute names the newest. Of a backend that comes and goes, what fails again
 * for a known reason within a minute of the last line is no news.
 */
export class OutageNotice {
  readonly #parts: OutageNoticeParts
  readonly #toldReasons = new Set<string>()
  #outage: Outage | undefined
  #lastLineMillis = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(parts: OutageNoticeParts) {
    this.#parts = parts
  }

  isOpen(): boolean {
    return this.#outage !== undefined
  }

  failed(endpoint: string, reason: string): void {
    const isFirst = this.#outage === undefined
    if (isFirst && this.#now() - this.#lastLineMillis >= PACE.repeatMillis) this.#toldReasons.clear()
    const outage = (this.#outage ??= newOutage(this.#now(), endpoint, reason))
    outage.attempts += 1
    outage.endpoint = endpoint
    const isNews = !this.#toldReasons.has(reason) && this.#toldReasons.size < MOST_REASONS
    // News that waits for its line keeps its place: where two reasons alternate, the known one would hide it.
    if (isNews || outage.newsMillis === undefined) outage.reason = reason
    if (isNews) outage.newsMillis ??= this.#now()
    if (isFirst || isNews) this.#schedule(outage)
  }

  /** Begins no trouble: whoever refuses for good is told of with the drops. */
  refused(reason: string): void {
    if (this.#outage) this.failed(this.#outage.endpoint, reason)
  }

  dropped(spans: number): void {
    if (!this.#outage) return
    this.#outage.dropped += spans
    this.#outage.droppedUntold += spans
  }

  sentAgain(spans: number): void {
    if (this.#outage) this.#outage.sentAgain += spans
  }

  recovered(): void {
    const outage = this.#end()
    // What nobody was told of needs no end, unless it has cost something.
    if (!outage || (!outage.wasTold && outage.newsMillis === undefined && outage.dropped === 0)) return
    this.#markTold(outage)
    this.#parts.warn(endInWords(outage, this.#parts.signal, this.#now()))
  }

  /** The trouble, for a line that somebody else writes now: it need not be told for itself any more. */
  takeOver(): Readonly<Outage> | undefined {
    const outage = this.#outage
    if (!outage) return undefined
    this.#markTold(outage)
    this.#schedule(outage)
    return outage
  }

  /** Tells at once what was not told yet, and ends. */
  close(): void {
    const outage = this.#end()
    if (outage && (outage.newsMillis !== undefined || outage.droppedUntold > 0)) this.#tell(outage)
  }

  #end(): Outage | undefined {
    const outage = this.#outage
    this.#outage = undefined
    clearTimeout(this.#timer)
    return outage
  }

  #schedule(outage: Outage): void {
    const dueMillis =
      outage.newsMillis === undefined
        ? this.#lastLineMillis + PACE.repeatMillis
        : Math.max(outage.newsMillis + PACE.soonMillis, this.#lastLineMillis + PACE.otherReasonMillis)
    const tell = (): void => {
      this.#tell(outage)
      this.#schedule(outage)
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(tell, Math.max(0, dueMillis - this.#now())).unref()
  }

  #tell(outage: Outage): void {
    const { hintFor, signal, waitingSpans, warn } = this.#parts
    const hint = hintFor(outage.reason, outage.endpoint)
    const isBeginning = !outage.wasTold && outage.newsMillis !== undefined && outage.dropped === 0
    const line = isBeginning
      ? beginningInWords(outage, signal, hint)
      : courseInWords(outage, signal, this.#now(), waitingSpans(), hint)
    this.#markTold(outage)
    warn(line)
  }

  #markTold(outage: Outage): void {
    this.#toldReasons.add(outage.reason)
    outage.newsMillis = undefined
    outage.wasTold = true
    outage.droppedUntold = 0
    this.#lastLineMillis = this.#now()
  }

  #now(): number {
    return this.#parts.clock.nowMillis()
  }
}
