import { propagation, ROOT_CONTEXT, context, type Context } from '@opentelemetry/api'
import { openCarrier, openedGetter } from './carrier.js'
import { keepContext } from '../internal/async/follow-result.js'

export interface ExtractTraceContextOptions {
  /** What the extracted context is put into; the root context by default, so that nothing of the active span is left. */
  readonly context?: Context | undefined
}

/**
 * The context that came with a request, a message, a job or the environment, as the configured propagators read it: give it
 * to `context.with`, or as the parent of a span. docs/propagation/carriers.md has what can be read.
 *
 * A carrier without a valid context gives the root context (or the one in the options). Never throws.
 */
export function extractTraceContext(carrier: unknown, options: ExtractTraceContextOptions = {}): Context {
  const base = options.context ?? ROOT_CONTEXT
  const opened = openCarrier(carrier)
  if (opened === undefined) return base
  try {
    return propagation.extract(base, opened, openedGetter)
  } catch {
    // A propagator of the user's threw.
    return base
  }
}

/**
 * Runs fn in the context that came with a carrier, in place of the active one, and returns what fn returns: spans that
 * start in it continue the sender's trace. A carrier without a valid context starts new traces. A query builder or a
 * generator that fn returns has the context when it runs, too. Only what fn throws is thrown.
 */
export function withExtractedContext<T>(carrier: unknown, fn: () => T): T {
  const extracted = extractTraceContext(carrier)
  return keepContext(context.with(extracted, fn), extracted)
}
