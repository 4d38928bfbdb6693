import { bar, barPaint } from './bars.js'
import { durationOf } from './durations.js'
import { header } from './header.js'
import { axisOf } from '../tree/intervals.js'
import { below, labelOf } from './labels.js'
import { COLOURS, PLAIN } from './paint.js'
import { rowsOf } from './rows.js'
import { servicesOf } from '../tree/service-names.js'
import { pathLine, slowestPath } from '../tree/slowest-path.js'
import { growTree } from '../tree/span-tree.js'
import { drawnPiece, type DrawnSpan } from '../drawn-span.js'
import type { TracePiece } from '../trace-piece.js'

export interface WaterfallStyle {
  /** Width to fill, in terminal cells; values outside 40 to 200 are taken as the nearer of the two. */
  readonly columns: number
  readonly colours: boolean
  /** Default: true. Without them a line is half as long, for readers that count characters. */
  readonly bars?: boolean
}

/** Draws spans of this process: {@link drawTrace}. */
export function waterfall(piece: TracePiece, style: WaterfallStyle): string[] {
  return drawTrace(drawnPiece(piece), style)
}

/**
 * Draws a trace as lines of text: a header with the trace id, one row a span (indented by parent, with its duration and
 * a bar on the common time axis), errors and key attributes beneath, and the slowest path at the end. Equal siblings
 * (the N+1 pattern) share a row, unless they failed. No line holds a control character or a line break of the host's.
 */
export function drawTrace(piece: TracePiece<DrawnSpan>, style: WaterfallStyle): string[] {
  const columns = Math.min(Math.max(Math.floor(style.columns) || 0, NARROWEST), WIDEST)
  const paint = style.colours ? COLOURS : PLAIN
  const bars = style.bars ?? true
  const roots = growTree(piece)
  const rows = rowsOf(roots, Math.floor(columns / 8))
  const axis = axisOf(piece)
  const path = slowestPath(roots)
  const slowest = new Set(path)
  const ofServices = servicesOf(piece)
  const labelled = rows.map((row) => ({ row, label: labelOf(row, { columns, services: ofServices.size > 1 }) }))
  const labelWidth = labelled.reduce((most, { label }) => Math.max(most, label.width), 0)
  const barWidth = Math.max(columns - labelWidth - DURATION_WIDTH - 3, 4)

  const lines = header(piece, { axis, columns, paint, services: ofServices })
  for (const { row, label } of labelled) {
    const onPath = slowest.has(row.node)
    const text = label.paint(paint) + ' '.repeat(Math.max(labelWidth - label.width, 0))
    const duration = durationOf(row.node).padStart(DURATION_WIDTH)
    const drawn = bars ? barPaint(row.node, onPath, paint)(bar(row.node, { axis, width: barWidth, onPath })) : ''
    lines.push(`${text}  ${duration} ${drawn}`.trimEnd(), ...below(row, label, columns, paint))
  }
  if (rows.length >= FEWEST_ROWS_FOR_PATH) lines.push(...pathLine(path, axis, columns, paint))
  return lines
}

const NARROWEST = 40
const WIDEST = 200
const DURATION_WIDTH = 8
const FEWEST_ROWS_FOR_PATH = 4
