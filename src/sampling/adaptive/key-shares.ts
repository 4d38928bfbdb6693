import { encodeThreshold, KEEP_ALL } from '../../internal/trace-state/threshold.js'
import { ThresholdDecision } from '../decision/threshold-decision.js'

/** How much a key of this many traces matters. */
export type KeyWeight = 'log' | 'sqrt' | 'equal'

/** What the shares are made from; counts and budget are those of one interval. */
export interface ShareOptions {
  readonly budget: number
  readonly weight: KeyWeight
  readonly maxKeys: number
}

/** What is known of a key, or of all that have none of their own. */
interface Share {
  /** Traces an interval, averaged. */
  average: number
  /** Traces since the interval began. */
  seen: number
  keepAt: ThresholdDecision
}

const WEIGHTS: Readonly<Record<KeyWeight, (count: number) => number>> = {
  log: (count) => Math.log10(1 + count),
  sqrt: Math.sqrt,
  equal: () => 1,
}

/** How much a new interval counts against those before it. */
const NEWEST = 0.5
/** A key that is seen less often than once in ten intervals has no share of its own. */
const TOO_RARE = 0.1
/** What is seen once may never come back, and would hold a share for nothing. */
const SEEN_AGAIN = 2

/**
 * Which probability each key gets. Keys that are not known yet, or that there is no room for, share one: made-up
 * keys get no more than that. Twice `maxKeys` are held at most, known ones and those that may become known.
 */
export class KeyShares {
  readonly #options: ShareOptions
  readonly #everything = new ThresholdDecision(KEEP_ALL)
  readonly #other: Share = { average: 0, seen: 0, keepAt: this.#everything }
  readonly #candidates = new Map<string, number>()
  #known = new Map<string, Share>()
  #seen = 0
  #expected: number

  constructor(options: ShareOptions) {
    this.#options = options
    this.#expected = options.budget
  }

  /** Traces since the interval began. */
  get seen(): number {
    return this.#seen
  }

  /** More than twice of what the shares were made for has come. */
  get isOverrun(): boolean {
    return this.#seen > 2 * this.#expected
  }

  /** Counts a trace of this key, and says where to keep it. */
  decisionFor(key: string): ThresholdDecision {
    this.#seen += 1
    const known = this.#known.get(key)
    if (known !== undefined) {
      known.seen += 1
      return known.keepAt
    }
    const seen = this.#candidates.get(key)
    if (seen !== undefined || this.#candidates.size < this.#options.maxKeys) this.#candidates.set(key, (seen ?? 0) + 1)
    else this.#other.seen += 1
    return this.#other.keepAt
  }

  /**
   * Begins the next interval. `scale` makes what was seen comparable to a whole interval. After an overrun the past is no
   * guide, so that what was seen replaces it.
   */
  renew(scale: number): void {
    const newest = this.isOverrun ? 1 : NEWEST
    for (const share of this.#known.values()) takeIn(share, share.seen * scale, share.seen > 0 ? newest : NEWEST)
    for (const [key, seen] of this.#candidates) {
      if (seen >= SEEN_AGAIN) this.#known.set(key, { average: seen * scale, seen: 0, keepAt: this.#everything })
      else this.#other.seen += seen
    }
    this.#candidates.clear()
    const leftOver = this.#evict()
    // Without memory: what has just got a share of its own is not among the others any more.
    takeIn(this.#other, this.#other.seen * scale + leftOver, 1)
    this.#share()
    this.#seen = 0
  }

  /** Leaves the keys that are seen most; says how many traces an interval the others had. */
  #evict(): number {
    const ranked = [...this.#known].sort(([, a], [, b]) => b.average - a.average)
    const rare = ranked.findIndex(([, share]) => share.average < TOO_RARE)
    const kept = Math.min(this.#options.maxKeys, rare === -1 ? ranked.length : rare)
    if (kept < ranked.length) this.#known = new Map(ranked.slice(0, kept))
    return ranked.slice(kept).reduce((sum, [, share]) => sum + share.average, 0)
  }

  #share(): void {
    const weightOf = WEIGHTS[this.#options.weight]
    const shares = [...this.#known.values(), this.#other].filter((share) => share.average > 0)
    const demands = shares.map(({ average }) => ({ count: average, weight: weightOf(average) }))
    const level = waterLevel(demands, this.#options.budget)
    this.#other.keepAt = this.#everything
    shares.forEach((share, index) => {
      const weight = demands[index]?.weight ?? 0
      const probability = Math.min(1, (level * weight) / share.average)
      share.keepAt = probability === 1 ? this.#everything : new ThresholdDecision(encodeThreshold(probability))
    })
    this.#expected = shares.reduce((sum, share) => sum + share.average, 0)
  }
}

function takeIn(share: Share, count: number, newest: number): void {
  share.average = newest * count + (1 - newest) * share.average
  share.seen = 0
}

/** A share of the load: how many come, and how much they matter. Both above 0. */
export interface Demand {
  readonly count: number
  readonly weight: number
}

/**
 * Solves Σ min(count, λ·weight) = budget for λ, exactly: what asks for less than its share is served whole, and what it
 * leaves is shared by the rest. Infinity where the budget serves all.
 */
export function waterLevel(demands: readonly Demand[], budget: number): number {
  const byNeed = [...demands].sort((a, b) => a.count / a.weight - b.count / b.weight)
  let left = budget
  let weight = byNeed.reduce((sum, demand) => sum + demand.weight, 0)
  for (const demand of byNeed) {
    const level = left / weight
    if (demand.count > level * demand.weight) return level
    left -= demand.count
    weight -= demand.weight
  }
  return Infinity
}
