import { hrTimeToMicroseconds } from '@opentelemetry/core'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { TracePiece } from '../trace-piece.js'

export type Interval = readonly [start: number, end: number]

export function startOf(span: ReadableSpan): number {
  return hrTimeToMicroseconds(span.startTime)
}

export function endOf(span: ReadableSpan): number {
  return startOf(span) + Math.max(hrTimeToMicroseconds(span.duration), 0)
}

export function axisOf({ spans, open = [] }: TracePiece): Interval {
  const all = [...spans, ...open]
  const first = all.reduce((earliest, span) => Math.min(earliest, startOf(span)), Infinity)
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
