import { httpStatusOf } from '../failures.js'
import type { TraceAnalysis } from '../trace-analysis.js'

/** The same for traces whose durations can be compared: service and name of the main root, failed or not. */
export function traceKindOf({ mainRoot }: TraceAnalysis): string | undefined {
  if (mainRoot === undefined) return undefined
  const { span } = mainRoot
  const hasFailed = span.status === 'error' || (httpStatusOf(span) ?? 0) >= 400
  return `${span.resource.service}\n${span.name}\n${hasFailed ? 'failed' : ''}`
}
