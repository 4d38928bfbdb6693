/** From start to end, in microseconds. */
export type Interval = readonly [start: number, end: number]

/** What of the whole no interval covers, in the order of time. */
export function uncovered([start, end]: Interval, intervals: readonly Interval[]): Interval[] {
  const free: Interval[] = []
  let reached = start
  for (const [from, to] of intervals.toSorted((a, b) => a[0] - b[0])) {
    if (from >= end) break
    if (from > reached) free.push([reached, from])
    reached = Math.max(reached, to)
  }
  if (reached < end) free.push([reached, end])
  return free
}

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

export function lengthOf(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, [start, end]) => sum + end - start, 0)
}
