import { SpanKind, SpanStatusCode, type Attributes as SpanAttributes, type HrTime } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { findingsAcross } from './analysis/findings/findings-across.js'
import { byImportance, findingsOf } from './analysis/findings/findings-of.js'
import { analyseTrace } from './analysis/trace-analysis.js'
import type { Finding } from './model/finding.js'
import type {
  Attributes,
  AttributeValue,
  ReceivedResource,
  ReceivedSpan,
  ReceivedSpanKind,
  ReceivedStatus,
} from './model/received-span.js'

const KINDS: Readonly<Record<SpanKind, ReceivedSpanKind>> = {
  [SpanKind.INTERNAL]: 'internal',
  [SpanKind.SERVER]: 'server',
  [SpanKind.CLIENT]: 'client',
  [SpanKind.PRODUCER]: 'producer',
  [SpanKind.CONSUMER]: 'consumer',
}
const STATUSES: Readonly<Record<SpanStatusCode, ReceivedStatus>> = {
  [SpanStatusCode.UNSET]: 'unset',
  [SpanStatusCode.OK]: 'ok',
  [SpanStatusCode.ERROR]: 'error',
}

/** The findings of spans of this process, over all of their traces. */
export function findingsInSpans(spans: readonly ReadableSpan[]): Finding[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId))
  const resources = new Map<ReadableSpan['resource'], ReceivedResource>()
  const received = spans.map((span) => receivedSpan(span, ids, resources))
  const traces = Array.from(Map.groupBy(received, ({ traceId }) => traceId).values(), (trace) => analyseTrace(trace))
  return [...traces.flatMap((trace) => findingsOf(trace)), ...findingsAcross(traces)].sort(byImportance)
}

function receivedSpan(
  span: ReadableSpan,
  ids: ReadonlySet<string>,
  resources: Map<ReadableSpan['resource'], ReceivedResource>,
): ReceivedSpan {
  const { traceId, spanId, traceState } = span.spanContext()
  const parentSpanId = span.parentSpanContext?.spanId
  const { name: scope, version } = span.instrumentationScope
  return {
    traceId,
    spanId,
    parentSpanId: parentSpanId !== undefined && ids.has(parentSpanId) ? parentSpanId : undefined,
    traceState: traceState?.serialize() ?? '',
    name: span.name,
    kind: KINDS[span.kind],
    startMicros: microsOf(span.startTime),
    endMicros: span.ended ? microsOf(span.endTime) : undefined,
    status: STATUSES[span.status.code],
    statusMessage: span.status.message ?? '',
    attributes: receivedAttributes(span.attributes),
    events: span.events.map(({ name, time, attributes = {}, droppedAttributesCount = 0 }) => ({
      name,
      timeMicros: microsOf(time),
      attributes: receivedAttributes(attributes),
      droppedAttributesCount,
    })),
    links: span.links.map(({ context, attributes = {} }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      attributes: receivedAttributes(attributes),
    })),
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
    resource: resourceOf(span.resource, resources),
    scope: { name: scope, ...(version !== undefined && { version }), attributes: {} },
  }
}

function resourceOf(
  resource: ReadableSpan['resource'],
  known: Map<ReadableSpan['resource'], ReceivedResource>,
): ReceivedResource {
  const found = known.get(resource)
  if (found !== undefined) return found
  const service = resource.attributes['service.name']
  const made = {
    service: typeof service === 'string' && service !== '' ? service : 'unknown_service',
    attributes: receivedAttributes(resource.attributes),
    droppedAttributesCount: 0,
  }
  known.set(resource, made)
  return made
}

function receivedAttributes(attributes: SpanAttributes): Attributes {
  const entries = Object.entries(attributes).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Record<string, AttributeValue>
}

function microsOf([seconds, nanos]: HrTime): number {
  return seconds * 1_000_000 + nanos / 1_000
}
