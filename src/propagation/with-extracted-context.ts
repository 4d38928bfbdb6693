import { context } from '@opentelemetry/api'
import { keepContext } from '../internal/async/follow-result.js'
import { extractTraceContext } from './extract-trace-context.js'

/**
 * Runs fn in the context that came with a carrier, in place of the active one, and returns what fn returns: spans that
 * start in it continue the sender's trace. A carrier without a valid context starts new traces. A query builder or a
 * generator that fn returns has the context when it runs, too. Only what fn throws is thrown.
 */
export function withExtractedContext<T>(carrier: unknown, fn: () => T): T {
  const extracted = extractTraceContext(carrier)
  return keepContext(context.with(extracted, fn), extracted)
}
