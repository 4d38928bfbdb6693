import type { Clock } from '../../internal/runtime/clock.js'
import { PACE, type ItemNames } from './notice-text.js'
import { beginningInWords, courseInWords, endInWords, newTrouble, type Trouble } from './outage.js'

interface TroubleNoticeParts {
  readonly signal: ItemNames
  readonly warn: (message: string) => void
  readonly cureFor: (reason: string, endpoint: string) => string
  readonly waitingSpans: () => number
  readonly clock: Clock
}

/**
 * Tells of failing attempts. A reason is told when it first comes up; then, while the trouble lasts, there is one line a
 * minute with what it costs; then one when it is over. A further reason waits until a second after the line before, and
 * after five of them only the line of each minute names the newest. Of a backend that comes and goes, what fails again
 * for a known reason within a minute of the last line is no news.
 */
export interface TroubleNotice {
  isOpen(): boolean
  failed(endpoint: string, reason: string): void
  /** Begins no trouble: whoever refuses for good is told of with the drops. */
  refused(reason: string): void
  dropped(spans: number): void
  sentAgain(spans: number): void
  recovered(): void
  /** The trouble, for a line that somebody else writes now: it need not be told for itself any more. */
  takeOver(): Readonly<Trouble> | undefined
  /** Tells at once what was not told yet, and ends. */
  close(): void
}

export function createTroubleNotice(parts: TroubleNoticeParts): TroubleNotice {
  return new PacedTroubleNotice(parts)
}

/** A backend whose words are never the same twice would otherwise be told of every second. */
const MOST_REASONS = 5

class PacedTroubleNotice implements TroubleNotice {
  readonly #parts: TroubleNoticeParts
  readonly #toldReasons = new Set<string>()
  #trouble: Trouble | undefined
  #lastLineMillis = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(parts: TroubleNoticeParts) {
    this.#parts = parts
  }

  isOpen(): boolean {
    return this.#trouble !== undefined
  }

  failed(endpoint: string, reason: string): void {
    const isFirst = this.#trouble === undefined
    if (isFirst && this.#now() - this.#lastLineMillis >= PACE.repeatMillis) this.#toldReasons.clear()
    const trouble = (this.#trouble ??= newTrouble(this.#now(), endpoint, reason))
    trouble.attempts += 1
    trouble.endpoint = endpoint
    const isNews = !this.#toldReasons.has(reason) && this.#toldReasons.size < MOST_REASONS
    // News that waits for its line keeps its place: where two reasons alternate, the known one would hide it.
    if (isNews || trouble.newsMillis === undefined) trouble.reason = reason
    if (isNews) trouble.newsMillis ??= this.#now()
    if (isFirst || isNews) this.#schedule(trouble)
  }

  refused(reason: string): void {
    if (this.#trouble) this.failed(this.#trouble.endpoint, reason)
  }

  dropped(spans: number): void {
    if (!this.#trouble) return
    this.#trouble.dropped += spans
    this.#trouble.droppedUntold += spans
  }

  sentAgain(spans: number): void {
    if (this.#trouble) this.#trouble.sentAgain += spans
  }

  recovered(): void {
    const trouble = this.#end()
    // What nobody was told of needs no end, unless it has cost something.
    if (!trouble || (!trouble.wasTold && trouble.newsMillis === undefined && trouble.dropped === 0)) return
    this.#markTold(trouble)
    this.#parts.warn(endInWords(trouble, this.#parts.signal, this.#now()))
  }

  takeOver(): Readonly<Trouble> | undefined {
    const trouble = this.#trouble
    if (!trouble) return undefined
    this.#markTold(trouble)
    this.#schedule(trouble)
    return trouble
  }

  close(): void {
    const trouble = this.#end()
    if (trouble && (trouble.newsMillis !== undefined || trouble.droppedUntold > 0)) this.#tell(trouble)
  }

  #end(): Trouble | undefined {
    const trouble = this.#trouble
    this.#trouble = undefined
    clearTimeout(this.#timer)
    return trouble
  }

  #schedule(trouble: Trouble): void {
    const dueMillis =
      trouble.newsMillis === undefined
        ? this.#lastLineMillis + PACE.repeatMillis
        : Math.max(trouble.newsMillis + PACE.soonMillis, this.#lastLineMillis + PACE.otherReasonMillis)
    const tell = (): void => {
      this.#tell(trouble)
      this.#schedule(trouble)
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(tell, Math.max(0, dueMillis - this.#now())).unref()
  }

  #tell(trouble: Trouble): void {
    const { cureFor, signal, waitingSpans, warn } = this.#parts
    const cure = cureFor(trouble.reason, trouble.endpoint)
    const isBeginning = !trouble.wasTold && trouble.newsMillis !== undefined && trouble.dropped === 0
    const line = isBeginning
      ? beginningInWords(trouble, signal, cure)
      : courseInWords(trouble, signal, this.#now(), waitingSpans(), cure)
    this.#markTold(trouble)
    warn(line)
  }

  #markTold(trouble: Trouble): void {
    this.#toldReasons.add(trouble.reason)
    trouble.newsMillis = undefined
    trouble.wasTold = true
    trouble.droppedUntold = 0
    this.#lastLineMillis = this.#now()
  }

  #now(): number {
    return this.#parts.clock.nowMillis()
  }
}
