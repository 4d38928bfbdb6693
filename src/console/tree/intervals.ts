import type { Interval } from '../../internal/intervals/covered.js'
import type { DrawnSpan } from '../drawn-span.js'
import type { TracePiece } from '../trace-piece.js'

/** The start of a span that has not ended. */
export function endOf({ startMicros, endMicros }: DrawnSpan): number {
  return endMicros ?? startMicros
}

export function axisOf({ spans, open = [] }: TracePiece<DrawnSpan>): Interval {
  const all = [...spans, ...open]
  const first = all.reduce((earliest, span) => Math.min(earliest, span.startMicros), Infinity)
  return [first, all.reduce((latest, span) => Math.max(latest, endOf(span)), first)]
}
