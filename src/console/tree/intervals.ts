import type { DrawnSpan } from '../drawn-span.js'
import type { TracePiece } from '../trace-piece.js'

export type Interval = readonly [start: number, end: number]

/** The start of a span that has not ended. */
export function endOf({ startMicros, endMicros }: DrawnSpan): number {
  return endMicros ?? startMicros
}

export function axisOf({ spans, open = [] }: TracePiece<DrawnSpan>): Interval {
  const all = [...spans, ...open]
  const first = all.reduce((earliest, span) => Math.min(earliest, span.startMicros), Infinity)
  return [first, all.reduce((latest, span) => Math.max(latest, endOf(span)), first)]
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
