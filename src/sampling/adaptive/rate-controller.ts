/** A full bucket quadruples the factor, and a quarter of it is where the controller settles under a steady load. */
const SETTLES_AT = 1 / 4
/** Never 0: with each span that is kept goes the probability by which it was kept. */
const SMALLEST_FEEDBACK = 1 / 64

/**
 * Holds a rate by saying how much to thin, never what to drop. Two memories: the demand, decayed over τ, which reacts at
 * once; and a bucket of tokens, whose level is the integral of what was kept too much or too little, and corrects the
 * rest. Both know the past alone, so that a decision made with the factor is independent of the randomness of its trace.
 */
export class RateController {
  readonly #perMilli: number
  readonly #bucketSize: number
  readonly #decayMillis: number
  #demand = 0
  #tokens: number
  #lastMillis: number

  constructor(perSecond: number, bucketSize: number, nowMillis: number) {
    this.#perMilli = perSecond / 1_000
    this.#bucketSize = bucketSize
    this.#decayMillis = Math.max(1_000, 10_000 / perSecond)
    this.#tokens = bucketSize
    this.#lastMillis = nowMillis
  }

  /** Takes in one arrival that stands for `demand` of them; answers by what factor to thin, which may be above 1. */
  next(demand: number, nowMillis: number): number {
    const elapsed = nowMillis - this.#lastMillis
    this.#lastMillis = nowMillis
    // A clock that steps back counts as one that stands still.
    if (elapsed > 0) {
      this.#demand *= Math.exp(-elapsed / this.#decayMillis)
      this.#tokens = Math.min(this.#bucketSize, this.#tokens + this.#perMilli * elapsed)
    }
    this.#demand += demand
    // Less the token that would be spent: else the last of them could be overdrawn.
    const feedback = Math.max(SMALLEST_FEEDBACK, (this.#tokens - 1) / (SETTLES_AT * this.#bucketSize))
    return ((this.#perMilli * this.#decayMillis) / this.#demand) * feedback
  }

  /** One was kept. The debt is bounded, so that a flood of chosen trace ids is forgotten within two buckets' time. */
  spend(): void {
    this.#tokens = Math.max(-this.#bucketSize, this.#tokens - 1)
  }

  hasToken(): boolean {
    return this.#tokens >= 1
  }
}
