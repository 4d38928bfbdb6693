import { trace, context, propagation, type Attributes, type Span } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { keepContext } from '../internal/async/follow-result.js'

/** The span that is current here; undefined outside of one. It may be one that records nothing (not sampled). */
export function currentSpan(): Span | undefined {
  return trace.getActiveSpan()
}

/**
 * The local root of the current span: the one above all others in this process, as a rule that of the request or message which is
 * handled here, where the current span may be one of a framework. Attributes that traces are searched by, such as a user's id, belong
 * on it. Undefined outside of a span, of one that records nothing, and of one of another SDK's tracer.
 */
export function localRootSpan(): Span | undefined {
  return (trace.getActiveSpan() as { readonly localRoot?: Span } | undefined)?.localRoot
}

/** Sets attributes on the current span. Does nothing outside of a span, and on one that has ended. */
export function setSpanAttributes(attributes: Attributes): void {
  const span = trace.getActiveSpan()
  if (span?.isRecording()) span.setAttributes(attributes)
}

/**
 * Adds an event, such as a milestone, to the current span. Does nothing outside of a span, and on one that has ended.
 * For work that takes time, a span of its own ({@link withSpan}) says more.
 */
export function addSpanEvent(name: string, attributes?: Attributes): void {
  const span = trace.getActiveSpan()
  if (span?.isRecording()) span.addEvent(name, attributes)
}

/**
 * Runs fn with entries added to the baggage, which travels to every service called from here: keep it small, and free
 * of anything those services may not know. Entries of the same name are replaced. What fn returns comes back; a query
 * builder or a generator has the baggage when it runs, too.
 */
export function withBaggage<T>(entries: Record<string, string>, fn: () => T): T {
  const parent = context.active()
  let baggage = propagation.getBaggage(parent) ?? propagation.createBaggage()
  for (const [key, value] of Object.entries(entries)) baggage = baggage.setEntry(key, { value })
  const active = propagation.setBaggage(parent, baggage)
  return keepContext(context.with(active, fn), active)
}

/**
 * Runs fn without tracing: nothing in it makes spans, and calls to other services carry no trace context. For health
 * checks, polling, and the like. What fn returns comes back; a query builder or a generator runs untraced, too.
 */
export function suppressed<T>(fn: () => T): T {
  const active = suppressTracing(context.active())
  return keepContext(context.with(active, fn), active)
}
