import { clean } from '../../console/drawing/terminal-text.js'
import { drawTrace } from '../../console/drawing/waterfall.js'
import type { TraceStore } from '../model/trace-store.js'
import { buildReport, type ReportOptions } from './build-report.js'
import { pieceOf } from './draw.js'
import { EXIT, exitStatus } from './exit-status.js'
import { githubAnnotations } from './github.js'
import { renderText, type TextStyle } from './render-text.js'
import type { ViewReport } from './report.js'
import { unknownKeyLines } from './unknown-keys.js'

export interface OutputOptions extends ReportOptions {
  readonly format: 'text' | 'json'
  readonly style: TextStyle
  /** The repository's folder, where annotations for GitHub are wanted. */
  readonly githubRoot?: string
  readonly allowsEmpty?: boolean
  /** What the command that was run ended with. Default: 0. */
  readonly commandStatus?: number
}

export interface Output {
  readonly stdout: string
  readonly stderr: string
  /** What the process is to end with. */
  readonly status: number
}

/** So many traces are drawn without being asked for: all of a few, else the examples of findings. */
const FEW_TRACES = 3
const MOST_EXAMPLES = 5

/** What `--text` and `--json` print of what has arrived, and what the command ends with. */
export function outputOf(store: TraceStore, options: OutputOptions): Output {
  const report = buildReport(store, options)
  const failing = report.findings.filter(({ fails }) => fails === true)
  const status = exitStatus({
    spans: store.counts().spans,
    hasFailOn: options.failOn !== undefined,
    failing: failing.length,
    allowsEmpty: options.allowsEmpty === true,
    commandStatus: options.commandStatus ?? 0,
  })
  const annotations = options.githubRoot === undefined ? [] : githubAnnotations(report.findings, options.githubRoot)
  const isJson = options.format === 'json'
  const body = isJson ? [JSON.stringify(report, undefined, 2)] : textLines(store, report, options)
  return {
    stdout: joined(isJson ? body : [...body, ...annotations]),
    // GitHub reads both streams; what reads the JSON, only one.
    stderr: joined([...(isJson ? annotations : []), ...verdict(status, failing.length, options)]),
    status,
  }
}

function textLines(store: TraceStore, report: ViewReport, options: OutputOptions): string[] {
  const drawn = tracesToDraw(store, report, options).map((traceId) =>
    drawTrace(pieceOf(store.spansOf(traceId)), options.style),
  )
  const hints = report.run.traces === 0 ? unknownKeyLines(options.query, store).map((line) => `  ${clean(line)}`) : []
  return [...drawn.flatMap((lines) => [...lines, '']), ...renderText(report, options.style), ...hints].map(
    withoutCommand,
  )
}

function tracesToDraw(store: TraceStore, report: ViewReport, { query, withTraces, failOn }: OutputOptions): string[] {
  if (report.traces && withTraces === true) return report.traces.map(({ traceId }) => traceId)
  if (report.run.traces <= FEW_TRACES && query?.expression === undefined) {
    return store
      .summaries()
      .map(({ traceId }) => traceId)
      .reverse()
  }
  const telling = report.findings.filter(({ level, fails, isKnown }) =>
    failOn ? fails === true : level !== 'info' && isKnown !== true,
  )
  const examples = telling.flatMap(({ examples: [example] }) => (example ? [example.traceId] : []))
  return [...new Set(examples)].slice(0, MOST_EXAMPLES)
}

/** Why the command ends as it does, where that is not for the command's own status. */
function verdict(status: number, failing: number, { failOn, commandStatus = 0 }: OutputOptions): string[] {
  if (failing > 0) {
    return [
      `spanwright view: ${failing} ${failing === 1 ? 'finding' : 'findings'} of --fail-on (status ${EXIT.findings})`,
    ]
  }
  if (failOn === undefined || status !== EXIT.nothingArrived || commandStatus === EXIT.nothingArrived) return []
  return [
    `spanwright view: no span arrived, so nothing was checked (status ${EXIT.nothingArrived}); --allow-empty if that is right.`,
    'Is the app traced? "spanwright doctor -- <command>" says.',
  ]
}

/** A name in a trace that begins like a workflow command would be one in GitHub's log. */
function withoutCommand(line: string): string {
  return line.replace(/^(\s*)(::|##\[)/, '$1· $2')
}

function joined(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}
