import { humanDuration } from '../../internal/text/human-duration.js'
import type { Interval } from '../../internal/intervals/covered.js'
import type { Paint } from './paint.js'
import { hasFailed } from '../tree/span-problems.js'
import { clean, cut, widthOf } from './terminal-text.js'
import type { DrawnSpan } from '../drawn-span.js'
import type { TracePiece } from '../trace-piece.js'

export function header(
  piece: TracePiece<DrawnSpan>,
  { axis, columns, paint, services }: { axis: Interval; columns: number; paint: Paint; services: ReadonlySet<string> },
): string[] {
  const { spans, open = [], continued = false } = piece
  const errors = spans.filter(hasFailed).length
  const id = `trace ${clean(spans[0]?.traceId)}`
  const parts: [text: string, colour: (text: string) => string][] = [[continued ? `${id} (continued)` : id, paint.bold]]
  parts.push([humanDuration(axis[1] - axis[0]), paint.bold])
  parts.push([spans.length === 1 ? '1 span' : `${spans.length} spans`, paint.plain])
  if (errors > 0) parts.push([errors === 1 ? '1 error' : `${errors} errors`, paint.red])
  if (open.length > 0) parts.push([`${open.length} still open`, paint.yellow])
  if (services.size === 1) parts.push([cut([...services].join(), 40), paint.plain])
  parts.push([isoTime(axis[0]), paint.dim])

  const lines: string[] = []
  let line = ''
  let used = 0
  for (const [text, colour] of parts) {
    const fits = used + 2 + widthOf(text) <= columns
    if (used > 0 && !fits) lines.push(line)
    line = used > 0 && fits ? `${line}  ${colour(text)}` : colour(text)
    used = used > 0 && fits ? used + 2 + widthOf(text) : widthOf(text)
  }
  return [...lines, line]
}

function isoTime(micros: number): string {
  const date = new Date(micros / 1_000)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}
