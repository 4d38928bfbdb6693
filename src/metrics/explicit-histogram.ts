/** Counts by buckets with given bounds, which belong to the bucket that they end. */
export class ExplicitHistogram {
  readonly bounds: readonly number[]
  /** One more than there are bounds: the last is for all above. */
  readonly counts: number[]

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Array<number>(bounds.length + 1).fill(0)
  }

  add(value: number): void {
    const bucket = this.bucketOf(value)
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
  }

  bucketOf(value: number): number {
    const { bounds } = this
    let low = 0
    let high = bounds.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (value <= (bounds[middle] ?? Infinity)) high = middle
      else low = middle + 1
    }
    return low
  }
}
