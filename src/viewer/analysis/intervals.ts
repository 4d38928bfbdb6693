import type { Interval } from '../../internal/intervals/covered.js'

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

export function lengthOf(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, [start, end]) => sum + end - start, 0)
}
