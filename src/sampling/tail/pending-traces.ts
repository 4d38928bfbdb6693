import { parseThreshold } from '../../internal/trace-state/threshold.js'
import type { PendingTrace } from './pending-trace.js'

/** The undecided fragments by trace id, and how many of their spans wait. */
export class PendingTraces {
  readonly #fragments = new Map<string, PendingTrace>()
  readonly #mostSpans: number
  #spans = 0

  /** @param mostSpans how many ended spans may wait; an open trace without any weighs nothing, so as many of those. */
  constructor(mostSpans: number) {
    this.#mostSpans = mostSpans
  }

  get size(): number {
    return this.#fragments.size
  }

  get spans(): number {
    return this.#spans
  }

  get isOverfull(): boolean {
    return this.#spans > this.#mostSpans || this.#fragments.size > this.#mostSpans
  }

  get(traceId: string): PendingTrace | undefined {
    return this.#fragments.get(traceId)
  }

  add(fragment: PendingTrace): void {
    this.#fragments.set(fragment.traceId, fragment)
  }

  hold(fragment: PendingTrace, span: PendingTrace['ended'][number]): void {
    fragment.ended.push(span)
    this.#spans += 1
  }

  remove(fragment: PendingTrace): void {
    if (this.#fragments.delete(fragment.traceId)) this.#spans -= fragment.ended.length
  }

  /** A copy: whoever decides while looking takes fragments out. */
  all(): PendingTrace[] {
    return [...this.#fragments.values()]
  }

  /**
   * Takes out the eighth with the lowest R, and raises T_rec of all that stay to the highest R that went: each of them
   * then stands for those of its like that were evicted, so that counts stay unbiased. An eighth at a time, since to look
   * for the lowest takes as long for one as for many.
   */
  evict(): PendingTrace[] {
    const ranks = Float64Array.from(this.#fragments.values(), rankOf).sort()
    const highestRank = ranks[Math.max(1, ranks.length >> 3) - 1] ?? 0
    const evicted = this.all().filter((fragment) => rankOf(fragment) <= highestRank)
    for (const fragment of evicted) this.remove(fragment)
    const highest = evicted.reduce((high, { randomness }) => (randomness > high ? randomness : high), '')
    const threshold = parseThreshold(highest) ?? '0'
    for (const fragment of this.#fragments.values()) {
      if (fragment.recordThreshold < threshold) fragment.recordThreshold = threshold
    }
    return evicted
  }
}

/** R as a number, as far as a double is exact: to sort numbers is many times quicker than texts. */
function rankOf({ randomness }: PendingTrace): number {
  return parseInt(randomness.slice(0, 13), 16)
}
