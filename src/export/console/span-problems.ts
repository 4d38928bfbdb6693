import { SpanStatusCode, type Attributes } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { read } from './read-attribute.js'
import { clean } from './terminal-text.js'

export function hasFailed(span: ReadableSpan): boolean {
  return span.status.code === SpanStatusCode.ERROR
}

/** What went wrong, in words, each thing once: exceptions that were recorded, the status's message, or what else there is. */
export function problemsOf(span: ReadableSpan): string[] {
  const exceptions = span.events
    .filter(({ name }) => name === 'exception')
    .map(({ attributes }) => exceptionText(attributes))
  const problems = [...new Set(exceptions)]
  if (hasFailed(span)) {
    const message = span.status.message ? clean(span.status.message) : ''
    if (message && !problems.some((text) => text.includes(message))) problems.push(message)
    if (problems.length === 0) problems.push(failureCode(span.attributes))
  }
  const shown = problems.slice(0, MOST_PROBLEMS)
  return problems.length > shown.length ? [...shown, `+${problems.length - shown.length} more`] : shown
}

const MOST_PROBLEMS = 3

function exceptionText(attributes: Attributes = {}): string {
  const parts = [read(attributes, 'exception.type'), read(attributes, 'exception.message')]
  return parts.filter((part) => part !== undefined).join(': ') || 'exception'
}

function failureCode(attributes: Attributes): string {
  const status = read(attributes, 'http.response.status_code', 'http.status_code')
  const type = read(attributes, 'error.type')
  if (status && (!type || type === status)) return `HTTP ${status}`
  return type ?? 'failed, no message given'
}
