/** A duration, and how many it stands for. */
export interface Sample {
  readonly micros: number
  readonly weight: number
}

/** Percentiles are there from so many samples on that they say something: p50 from 5, p95 from 20, p99 from 100. */
export interface Distribution {
  /** Samples that were seen: what stands beside each percentile as "of 23". */
  readonly count: number
  /** What they stand for. */
  readonly weighted: number
  readonly minMicros: number
  readonly maxMicros: number
  readonly p50Micros?: number
  readonly p95Micros?: number
  readonly p99Micros?: number
}

const FEWEST_FOR_P50 = 5
const FEWEST_FOR_P95 = 20
const FEWEST_FOR_P99 = 100

export function distributionOf(samples: readonly Sample[]): Distribution {
  const sorted = samples.toSorted((a, b) => a.micros - b.micros)
  const count = sorted.length
  return {
    count,
    weighted: sorted.reduce((sum, { weight }) => sum + weight, 0),
    minMicros: sorted[0]?.micros ?? 0,
    maxMicros: sorted.at(-1)?.micros ?? 0,
    ...(count >= FEWEST_FOR_P50 && { p50Micros: percentile(sorted, 0.5) }),
    ...(count >= FEWEST_FOR_P95 && { p95Micros: percentile(sorted, 0.95) }),
    ...(count >= FEWEST_FOR_P99 && { p99Micros: percentile(sorted, 0.99) }),
  }
}

/** By nearest rank, weighted: a value that was seen. 0 for no samples. */
export function percentile(sorted: readonly Sample[], share: number): number {
  const wanted = sorted.reduce((sum, { weight }) => sum + weight, 0) * share
  let reached = 0
  for (const { micros, weight } of sorted) {
    reached += weight
    // Sums of weights such as 1.1 are off by their last bits.
    if (reached >= wanted * (1 - 1e-12)) return micros
  }
  return sorted.at(-1)?.micros ?? 0
}
