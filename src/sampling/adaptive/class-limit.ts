import { nearestThreshold } from '../decision/threshold-decision.js'

/**
 * How long the limit looks back. Errors come in bursts, and the first ones of a burst are the ones to see: with ten
 * seconds, ten times the limit may come at once and is kept whole.
 */
const WINDOW_MILLIS = 10_000
/** Half of the tokens are a reserve: the probability falls below 1 when a burst has taken the other half. */
const FEWEST_TOKENS = 20

/**
 * The threshold of the traces of one class, held to a rate: p = min(1, (r·τ / c) · max(1/64, 2b / B)), with c the traces of
 * the last τ, and b of B tokens left. It depends on the history alone and never on the R that it is asked for, so the
 * weights 1/p are unbiased.
 */
export class ClassLimit {
  readonly #perMilli: number
  readonly #nowMillis: () => number
  readonly #mostTokens: number
  #tokens: number
  #recent = 0
  #lastAt: number

  constructor(perSecond: number, nowMillis: () => number) {
    this.#perMilli = perSecond / 1_000
    this.#nowMillis = nowMillis
    this.#mostTokens = Math.max(FEWEST_TOKENS, 2 * this.#perMilli * WINDOW_MILLIS)
    this.#tokens = this.#mostTokens
    this.#lastAt = nowMillis()
  }

  next(): string {
    const now = this.#nowMillis()
    const elapsed = Math.max(0, now - this.#lastAt)
    this.#lastAt = now
    this.#recent = this.#recent * Math.exp(-elapsed / WINDOW_MILLIS) + 1
    this.#tokens = Math.min(this.#mostTokens, this.#tokens + this.#perMilli * elapsed)
    const allowed = (this.#perMilli * WINDOW_MILLIS) / this.#recent
    return nearestThreshold(allowed * Math.max(1 / 64, (2 * this.#tokens) / this.#mostTokens)).threshold
  }

  countKept(): void {
    this.#tokens = Math.max(0, this.#tokens - 1)
  }
}
