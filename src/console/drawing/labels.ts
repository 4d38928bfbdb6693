import { humanDuration } from '../../internal/text/human-duration.js'
import type { Paint } from './paint.js'
import type { Row } from './rows.js'
import { serviceOf } from '../tree/service-names.js'
import { blur, facts, ownAttributes } from '../tree/span-facts.js'
import { hasFailed, logsOf, problemsOf } from '../tree/span-problems.js'
import { cut, widthOf, wrap } from './terminal-text.js'
import { isSequential, totalOf, type TreeNode } from '../tree/tree-node.js'

interface Label {
  readonly width: number
  readonly paint: (paint: Paint) => string
  /** What found no room beside the name. */
  readonly rest: string
}

export function labelOf({ node, lead }: Row, { columns, services }: { columns: number; services: boolean }): Label {
  const most = Math.floor(columns / 2)
  const details = detailsOf(node)
  const mark = node.spans.some(hasFailed) ? '✗ ' : ''
  const times = node.spans.length > 1 ? ` ×${node.spans.length}` : ''
  const total = times && !node.open && columns >= 80 ? ` … total ${humanDuration(totalOf(node))}` : ''
  const service = node.span && services ? serviceOf(node.span) : undefined
  const crossed = service !== undefined && !(node.parent?.span && serviceOf(node.parent.span) === service)
  const place = crossed ? ` [${cut(service, Math.floor(most / 3))}]` : ''
  const fixed = widthOf(lead + mark + times + total + place)
  const name = cut(node.name, Math.max(most - fixed, 6))
  const width = fixed + widthOf(name)
  const detailWidth = widthOf(details)
  const inline = detailWidth > 0 && width + 2 + detailWidth <= most
  return {
    width: inline ? width + 2 + detailWidth : width,
    paint: ({ dim, red, yellow, bold, plain }) =>
      dim(lead) +
      red(mark) +
      (mark ? red : node.parent ? plain : bold)(name) +
      yellow(times + total) +
      dim(place + (inline ? `  ${details}` : '')),
    rest: inline ? '' : details,
  }
}

function detailsOf(node: TreeNode): string {
  const { span, spans, parent } = node
  if (!span) return ''
  if (spans.length === 1) return [...facts(span), ...ownAttributes(span, parent?.span)].join('  ')
  const said = new Set(spans.map((each) => facts(each).join('  ')))
  const common = said.size === 1 ? [...said] : facts(span, blur)
  return [paceOf(node), ...common].filter((part) => part !== '').join('  ')
}

/** Whether repeated spans waited for each other: what tells an N+1 pattern from a fan-out. */
function paceOf(node: TreeNode): string {
  if (node.open) return 'repeated'
  const slowest = node.intervals.reduce((most, [start, end]) => Math.max(most, end - start), 0)
  const pace = isSequential(node) ? 'one after another' : totalOf(node) > 1.5 * node.busy ? 'in parallel' : 'repeated'
  return `${pace}, slowest ${humanDuration(slowest)}`
}

/** The lines under a row: details that found no room beside the name, then what went wrong. */
export function below({ node, beneath }: Row, { rest }: Label, columns: number, paint: Paint): string[] {
  const room = Math.max(columns - widthOf(beneath), 10)
  const lines = rest ? wrap(rest, room, MOST_LINES_OF_DETAILS).map((line) => paint.dim(beneath + line)) : []
  const failed = node.spans.some(hasFailed)
  for (const problem of node.spans.flatMap(problemsOf)) {
    const text = wrap(`${failed ? '✗' : '!'} ${problem}`, room, MOST_LINES_A_PROBLEM)
    lines.push(...text.map((line) => paint.dim(beneath) + (failed ? paint.red : paint.yellow)(line)))
  }
  for (const log of node.spans.flatMap(logsOf)) {
    lines.push(...wrap(`! ${log}`, room, MOST_LINES_A_PROBLEM).map((line) => paint.dim(beneath) + paint.yellow(line)))
  }
  return lines
}

const MOST_LINES_OF_DETAILS = 2
const MOST_LINES_A_PROBLEM = 3
