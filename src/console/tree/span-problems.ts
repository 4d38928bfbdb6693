import type { DrawnSpan } from '../drawn-span.js'
import { read } from './read-attribute.js'
import { clean } from '../drawing/terminal-text.js'

export function hasFailed(span: DrawnSpan): boolean {
  return span.status === 'error'
}

/** What went wrong, in words, each thing once: exceptions that were recorded, the status's message, or what else there is. */
export function problemsOf(span: DrawnSpan): string[] {
  const exceptions = span.events
    .filter(({ name }) => name === 'exception')
    .map(({ attributes }) => exceptionText(attributes))
  const problems = [...new Set(exceptions)]
  if (hasFailed(span)) {
    const message = clean(span.statusMessage)
    if (message && !problems.some((text) => text.includes(message))) problems.push(message)
    if (problems.length === 0) problems.push(failureCode(span.attributes))
  }
  const shown = problems.slice(0, MOST_PROBLEMS)
  return problems.length > shown.length ? [...shown, `+${problems.length - shown.length} more`] : shown
}

const MOST_PROBLEMS = 3
const MOST_CAUSES = 3
const MOST_LOGS = 5

function exceptionText(attributes: DrawnSpan['attributes'] = {}): string {
  const parts = [read(attributes, 'exception.type'), read(attributes, 'exception.message')]
  const text = parts.filter((part) => part !== undefined).join(': ') || 'exception'
  return [text, ...causesIn(attributes['exception.stacktrace'])].join(', caused by ')
}

/** The heads of the causes, in whose place the stack has them: `Caused by: Error: …`. */
function causesIn(stacktrace: unknown): string[] {
  if (typeof stacktrace !== 'string') return []
  const heads = stacktrace.matchAll(/^[ \t]*(?:Caused by|\[cause\]): (.+)$/gm)
  return [...heads].slice(0, MOST_CAUSES).map(([, head = '']) => clean(head))
}

/** Warnings and errors that were logged in the span (`logsAsSpanEvents`), unless its problems say the same. */
export function logsOf(span: DrawnSpan): string[] {
  const problems = problemsOf(span)
  const logs = span.events.flatMap(({ name, attributes = {} }) => {
    const message = name === 'log' ? read(attributes, 'log.message') : undefined
    if (message === undefined || problems.some((text) => text.includes(message))) return []
    return [[read(attributes, 'log.severity'), message].filter((part) => part !== undefined).join(' ')]
  })
  const shown = [...new Set(logs)]
  return shown.length > MOST_LOGS
    ? [...shown.slice(0, MOST_LOGS), `+${shown.length - MOST_LOGS} more lines of logs`]
    : shown
}

function failureCode(attributes: DrawnSpan['attributes']): string {
  const status = read(attributes, 'http.response.status_code', 'http.status_code')
  const type = read(attributes, 'error.type')
  if (status && (!type || type === status)) return `HTTP ${status}`
  return type ?? 'failed, no message given'
}
