import { TraceFlags, type Attributes, type SpanContext } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { withThreshold } from '../../internal/trace-state/threshold.js'

/** On the spans of a trace whose earlier spans had gone when it turned out to be worth keeping. */
const PARTIAL_ATTRIBUTE = 'sampling.partial'

/**
 * The span as a sampled one with this threshold. A span context is immutable, and the app may still hold the span, so it
 * stays as it is and the next processor sees it through this.
 */
export function promotedSpan(span: ReadableSpan, threshold: string, isPartial: boolean): ReadableSpan {
  const original = span.spanContext()
  const traceState = withThreshold(original.traceState, threshold)
  const spanContext = { ...original, traceFlags: original.traceFlags | TraceFlags.SAMPLED, traceState }
  return new PromotedSpan(span, spanContext, isPartial)
}

class PromotedSpan implements ReadableSpan {
  readonly #span: ReadableSpan
  readonly #spanContext: SpanContext
  readonly attributes: Attributes
  readonly parentSpanContext?: SpanContext

  constructor(span: ReadableSpan, spanContext: SpanContext, isPartial: boolean) {
    this.#span = span
    this.#spanContext = spanContext
    this.attributes = isPartial ? { ...span.attributes, [PARTIAL_ATTRIBUTE]: true } : span.attributes
    if (span.parentSpanContext) this.parentSpanContext = span.parentSpanContext
  }

  spanContext(): SpanContext {
    return this.#spanContext
  }

  get name(): ReadableSpan['name'] {
    return this.#span.name
  }
  get kind(): ReadableSpan['kind'] {
    return this.#span.kind
  }
  get startTime(): ReadableSpan['startTime'] {
    return this.#span.startTime
  }
  get endTime(): ReadableSpan['endTime'] {
    return this.#span.endTime
  }
  get status(): ReadableSpan['status'] {
    return this.#span.status
  }
  get links(): ReadableSpan['links'] {
    return this.#span.links
  }
  get events(): ReadableSpan['events'] {
    return this.#span.events
  }
  get duration(): ReadableSpan['duration'] {
    return this.#span.duration
  }
  get ended(): ReadableSpan['ended'] {
    return this.#span.ended
  }
  get resource(): ReadableSpan['resource'] {
    return this.#span.resource
  }
  get instrumentationScope(): ReadableSpan['instrumentationScope'] {
    return this.#span.instrumentationScope
  }
  get droppedAttributesCount(): number {
    return this.#span.droppedAttributesCount
  }
  get droppedEventsCount(): number {
    return this.#span.droppedEventsCount
  }
  get droppedLinksCount(): number {
    return this.#span.droppedLinksCount
  }
}
