import type { Clock } from '../../internal/runtime/clock.js'
import { itemsInWords, PACE, type ItemNames } from './notice-text.js'

interface DropNoticeParts {
  readonly signal: ItemNames
  readonly warn: (message: string) => void
  /** Why spans are dropped, and the hint; asked when the line is written. */
  readonly why: () => string
  readonly clock: Clock
}

/** Logs drops of one kind: at once, then at most once a minute, always how many since the last line. */
export class DropNotice {
  readonly #parts: DropNoticeParts
  #unlogged = 0
  #lastLineMillis = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(parts: DropNoticeParts) {
    this.#parts = parts
  }

  add(spans: number): void {
    this.#unlogged += spans
    if (this.#timer) return
    const dueMillis = this.#lastLineMillis + PACE.repeatMillis - this.#parts.clock.nowMillis()
    this.#timer = setTimeout(() => this.log(), Math.max(PACE.soonMillis, dueMillis)).unref()
  }

  /** The spans that were not logged yet; the caller logs them now. */
  take(): number {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const unlogged = this.#unlogged
    this.#unlogged = 0
    return unlogged
  }

  /** Logs at once what was not logged yet. */
  log(): void {
    const spans = this.take()
    if (spans === 0) return
    const { clock, signal, warn, why } = this.#parts
    const nowMillis = clock.nowMillis()
    const more = nowMillis - this.#lastLineMillis < 2 * PACE.repeatMillis ? 'more ' : ''
    this.#lastLineMillis = nowMillis
    warn(`${itemsInWords(spans, signal, more)} dropped: ${why()}`)
  }
}
