import { trace, type Attributes, type Span } from '@opentelemetry/api'

/** The span that is current here; undefined outside of one. It may be one that records nothing (not sampled). */
export function currentSpan(): Span | undefined {
  return trace.getActiveSpan()
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
