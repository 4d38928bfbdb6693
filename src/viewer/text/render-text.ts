import { plural } from '../analysis/findings/words.js'
import { humanDuration } from '../../internal/text/human-duration.js'
import { COLOURS, PLAIN, type Paint } from '../../console/drawing/paint.js'
import { clean, cut, widthOf, wrap } from '../../console/drawing/terminal-text.js'
import type { FindingLevel } from '../model/finding.js'
import type { FindingReport, OperationReport, ViewReport } from './report.js'

export interface TextStyle {
  /** Width to fill, in terminal cells; values outside 80 to 200 are taken as the nearer of the two. */
  readonly columns: number
  readonly colours: boolean
}

const NARROWEST = 80
const WIDEST = 200
const MOST_FINDINGS = 30
const MOST_OPERATIONS = 20
const MOST_LINES_A_SENTENCE = 4

/** The findings and the operations of a run, as lines for a terminal. Waterfalls are not among them. */
export function renderText(report: ViewReport, style: TextStyle): string[] {
  const columns = Math.min(Math.max(Math.floor(style.columns) || 0, NARROWEST), WIDEST)
  const paint = style.colours ? COLOURS : PLAIN
  const { findings, operations, run } = report
  const lines = [heading(report, columns, paint)]
  if (run.query !== undefined) lines.push(paint.dim(`  of those that match ${cut(clean(run.query), columns - 22)}`))
  for (const problem of run.problems ?? []) lines.push(...indented(`! ${clean(problem)}`, columns, paint.yellow))
  if (run.dropped > 0) {
    lines.push(paint.yellow(`! ${run.dropped} older spans were removed to stay within the memory limit`))
  }
  for (const finding of findings.slice(0, MOST_FINDINGS)) lines.push(...findingLines(finding, columns, paint))
  if (findings.length > MOST_FINDINGS) lines.push(paint.dim(`  +${findings.length - MOST_FINDINGS} more findings`))
  lines.push(...operationLines(operations, columns, paint))
  return lines
}

function heading({ run, findings }: ViewReport, columns: number, { bold, dim, red, yellow }: Paint): string {
  if (run.spans === 0) return bold(run.query === undefined ? 'no span arrived' : 'no trace matches')
  const services = plural(run.services.length, 'service')
  const left = `${plural(run.traces, 'trace')}, ${services}, ${humanDuration(run.durationMillis * 1_000)}`
  const numbers = LEVELS.map((level) => ({ level, count: findings.filter((each) => each.level === level).length }))
  const parts = numbers
    .filter(({ count }) => count > 0)
    .map(({ level, count }) => ({ level, text: level === 'info' ? `${count} info` : plural(count, level) }))
  const title = 'findings: '
  if (parts.length === 0) return spread(bold(left), widthOf(left), dim('no findings'), 11, columns)
  const colours = { error: red, warning: yellow, info: dim }
  const right = title + parts.map(({ level, text }) => colours[level](text)).join(', ')
  const width = widthOf(title + parts.map(({ text }) => text).join(', '))
  return spread(bold(left), widthOf(left), right, width, columns)
}

const LEVELS: readonly FindingLevel[] = ['error', 'warning', 'info']
const MARKS = { error: '✗', warning: '▲', info: '·' } as const

/** A finding: what is wrong, what to do, and where. */
export function findingLines(finding: FindingReport, columns: number, paint: Paint = PLAIN): string[] {
  const { level, id, sentence, advice, fails, isKnown } = finding
  const colour = { error: paint.red, warning: paint.yellow, info: paint.dim }[level]
  const note = fails === true ? ' (fails)' : isKnown === true ? ' (known)' : ''
  // What is an error says so itself; the others need the word that `--fail-on` and the docs have for them.
  const title = id === 'error' ? '' : `${id}${note}  `
  const [first = '', ...rest] = wrap(title + clean(sentence), columns - 2, MOST_LINES_A_SENTENCE)
  const lines = [`${colour(`${MARKS[level]} ${first.slice(0, title.length)}`)}${first.slice(title.length)}`]
  lines.push(...rest.map((line) => `  ${line}`))
  if (advice !== undefined) lines.push(...indented(`→ ${clean(advice)}`, columns, paint.plain))
  lines.push(paint.dim(`  ${cut(whereabouts(finding, id === 'error' ? note.trim() : ''), columns - 2)}`))
  return lines
}

function whereabouts({ service, traces, ofTraces, examples, code }: FindingReport, note: string): string {
  const place = code && `${clean(code.path)}${code.line === undefined ? '' : `:${code.line}`}`
  const example = examples[0] && `e.g. ${clean(examples[0].traceId)}`
  return [clean(service), `${traces} of ${plural(ofTraces, 'trace')}`, place, example, note]
    .filter((part) => part !== undefined && part !== '')
    .join('  ')
}

function operationLines(operations: readonly OperationReport[], columns: number, paint: Paint): string[] {
  const shown = operations.slice(0, MOST_OPERATIONS)
  const several = new Set(operations.map(({ service }) => service)).size > 1
  const rows = shown.map((operation) => {
    const { name, service, count, weighted, failed } = operation
    const estimate = weighted > count * 1.001 ? ` (≈ ${Math.round(weighted)})` : ''
    return {
      name: `${several ? `${clean(service)} ` : ''}${clean(name)}`,
      count: `${plural(count, 'request')}${estimate}`,
      times: timesOf(operation),
      failed: `${failed} failed`,
      hasFailed: failed > 0,
    }
  })
  const widest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, widthOf(text)), 0)
  const [counts, times, fails] = [
    widest(rows.map(({ count }) => count)),
    widest(rows.map((row) => row.times)),
    widest(rows.map((row) => row.failed)),
  ]
  const names = Math.min(widest(rows.map(({ name }) => name)), Math.max(columns - counts - times - fails - 6, 20))
  const lines = rows.map((row) => {
    const name = pad(cut(row.name, names), names)
    const end = row.hasFailed ? paint.red(row.failed) : paint.dim(row.failed)
    return `${name}  ${row.count.padStart(counts)}  ${pad(row.times, times)}  ${end}`
  })
  if (operations.length > shown.length) lines.push(paint.dim(`+${operations.length - shown.length} more operations`))
  return lines
}

/** A percentile of few is a matter of luck: below 5 there are the extremes only. */
function timesOf({ count, p50Millis, p95Millis, minMillis, maxMillis }: OperationReport): string {
  const duration = (millis: number): string => humanDuration(millis * 1_000)
  if (p50Millis === undefined) {
    return count === 1 ? duration(minMillis) : `${duration(minMillis)} – ${duration(maxMillis)} (of ${count})`
  }
  const high = p95Millis === undefined ? `max ${duration(maxMillis)}` : `p95 ${duration(p95Millis)}`
  return `p50 ${duration(p50Millis)}  ${high} (of ${count})`
}

function indented(text: string, columns: number, colour: (text: string) => string): string[] {
  return wrap(text, columns - 4, MOST_LINES_A_SENTENCE).map(
    (line, index) => `  ${index > 0 ? '  ' : ''}${colour(line)}`,
  )
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(width - widthOf(text), 0))
}

function spread(left: string, leftWidth: number, right: string, rightWidth: number, columns: number): string {
  return left + ' '.repeat(Math.max(columns - leftWidth - rightWidth, 2)) + right
}
