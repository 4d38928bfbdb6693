/** From start to end. */
export type Interval = readonly [start: number, end: number]

/** How much time the intervals cover together. */
export function covered(intervals: readonly Interval[]): number {
  let total = 0
  let reached = -Infinity
  for (const [start, end] of intervals.toSorted((a, b) => a[0] - b[0])) {
    total += Math.max(end - Math.max(start, reached), 0)
    reached = Math.max(reached, end)
  }
  return total
}
