import type { TraceAnalysis } from '../analysis/trace-analysis.js'
import { shapesOf } from '../rows/fold.js'
import { joined } from '../rows/joined.js'
import { rowContext, rowView, type RowView } from '../rows/row-view.js'
import { traceHead } from '../rows/trace-head.js'
import { waterfallRows } from '../rows/waterfall-rows.js'
import type { TraceOpening } from './wire.js'

/** Larger traces are shown before all of their spans are sent. */
export const LARGE_TRACE_SPANS = 2000
/** What a high screen shows, and a little more. */
const FIRST_ROWS = 80
/** Finer parts of a bar are not sent. */
const FINEST_SHARE = 0.001

const NONE: ReadonlySet<string> = new Set()
const made = new WeakMap<TraceAnalysis, TraceOpening>()

/** What the page draws first of a large trace. Made once. */
export function traceOpening(analysis: TraceAnalysis): TraceOpening {
  const known = made.get(analysis)
  if (known) return known
  const rows = waterfallRows(analysis, shapesOf(analysis.nodes), { mode: 'all', closed: NONE, opened: NONE })
  const context = rowContext(analysis)
  const gap = analysis.durationMicros * FINEST_SHARE
  const opening = {
    head: traceHead(analysis),
    rowCount: rows.length,
    rows: rows.slice(0, FIRST_ROWS).map((row) => coarse(rowView(row, context), gap)),
  }
  made.set(analysis, opening)
  return opening
}

function coarse(row: RowView, gap: number): RowView {
  return { ...row, bars: joined(row.bars, gap), path: joined(row.path, gap) }
}
