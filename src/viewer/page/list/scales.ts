/** A logarithmic axis of durations, in microseconds: whole decades, so that it moves seldom. */
export interface LogScale {
  readonly from: number
  readonly to: number
  /** From 0 to 1. */
  place(micros: number): number
  value(place: number): number
  readonly ticks: readonly number[]
}

export function logScale(values: readonly number[]): LogScale {
  let least = Infinity
  let most = -Infinity
  for (const value of values) {
    if (value <= 0) continue
    if (value < least) least = value
    if (value > most) most = value
  }
  if (least > most) [least, most] = [1000, 1_000_000]
  const low = Math.floor(Math.log10(least))
  const high = Math.max(Math.ceil(Math.log10(most)), low + 1)
  return {
    from: 10 ** low,
    to: 10 ** high,
    place: (micros) => Math.min(Math.max((Math.log10(Math.max(micros, 1e-3)) - low) / (high - low), 0), 1),
    value: (place) => 10 ** (low + place * (high - low)),
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
  }
}

/** Counts in equal steps of a scale. */
export function binned(values: readonly number[], scale: LogScale, bins: number): readonly number[] {
  const counts = new Array<number>(bins).fill(0)
  for (const value of values) {
    const bin = Math.min(Math.floor(scale.place(value) * bins), bins - 1)
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return counts
}

/** Nearest rank, of values in ascending order; `undefined` below the number of samples that it takes to say. */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  const enough = share <= 0.5 ? 5 : share <= 0.95 ? 20 : 100
  return sorted.length < enough ? undefined : sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)]
}
