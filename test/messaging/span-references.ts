import type { ReadableSpan } from '@opentelemetry/sdk-trace'

/** What a link or a parent leads to. */
export interface SpanReference {
  readonly traceId: string
  readonly spanId: string
}

export function referenceTo(span: ReadableSpan): SpanReference {
  const { traceId, spanId } = span.spanContext()
  return { traceId, spanId }
}

export function parentOf({ parentSpanContext }: ReadableSpan): SpanReference | undefined {
  return parentSpanContext && { traceId: parentSpanContext.traceId, spanId: parentSpanContext.spanId }
}

export function linksOf({ links }: ReadableSpan): SpanReference[] {
  return links.map(({ context: { traceId, spanId } }) => ({ traceId, spanId }))
}
