import { context } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { keepContext } from '../internal/async/follow-result.js'

/**
 * Runs fn without tracing: nothing in it makes spans, and calls to other services carry no trace context. For health
 * checks, polling, and the like. What fn returns comes back; a query builder or a generator runs untraced, too.
 */
export function suppressed<T>(fn: () => T): T {
  const active = suppressTracing(context.active())
  return keepContext(context.with(active, fn), active)
}
