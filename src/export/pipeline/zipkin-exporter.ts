import type { SpanExporter, ReadableSpan } from '@opentelemetry/sdk-trace'
import { requireOwn } from '../../internal/runtime/own-package.js'

/**
 * OpenTelemetry's exporter for Zipkin, with timestamps that Zipkin takes: it answers 400 to a batch with one that is no whole
 * number of microseconds, and the exporter divides nanoseconds.
 *
 * @throws where OTEL_EXPORTER_ZIPKIN_ENDPOINT is no URL
 */
export function zipkinExporter(): SpanExporter {
  type Zipkin = typeof import('@opentelemetry/exporter-zipkin')
  const { ZipkinExporter } = requireOwn('@opentelemetry/exporter-zipkin') as Zipkin
  const exporter = new ZipkinExporter()
  const send = exporter.export.bind(exporter)
  exporter.export = (spans, onResult) => send(spans.map(startingAtMicrosecond), onResult)
  return exporter
}

/** Rounded down. A copy: the span is its tracer's, and may go to other exporters. */
function startingAtMicrosecond(span: ReadableSpan): ReadableSpan {
  const [seconds, nanos] = span.startTime
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext && { parentSpanContext: span.parentSpanContext }),
    startTime: [seconds, Math.floor(nanos / 1_000) * 1_000],
    endTime: span.endTime,
    duration: span.duration,
    ended: span.ended,
    status: span.status,
    attributes: span.attributes,
    links: span.links,
    events: span.events,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  }
}
