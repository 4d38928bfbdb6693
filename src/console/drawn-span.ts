import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { hrTimeToMicroseconds } from '@opentelemetry/core'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { TracePiece } from './trace-piece.js'

/** What is drawn of a span, whether it is one of this process or was received. Times are microseconds since 1970. */
export interface DrawnSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  /** Where that is known. */
  readonly isParentRemote?: boolean
  readonly name: string
  readonly kind: 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  readonly startMicros: number
  /** `undefined` for a span that has not ended. */
  readonly endMicros: number | undefined
  readonly status: 'unset' | 'ok' | 'error'
  readonly statusMessage: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly DrawnEvent[]
  readonly resource: { readonly service: string | undefined }
}

export interface DrawnEvent {
  readonly name: string
  readonly attributes?: Readonly<Record<string, unknown>>
}

const KINDS: Readonly<Record<number, DrawnSpan['kind']>> = {
  [SpanKind.INTERNAL]: 'internal',
  [SpanKind.SERVER]: 'server',
  [SpanKind.CLIENT]: 'client',
  [SpanKind.PRODUCER]: 'producer',
  [SpanKind.CONSUMER]: 'consumer',
}

const STATUSES: Readonly<Record<number, DrawnSpan['status']>> = {
  [SpanStatusCode.OK]: 'ok',
  [SpanStatusCode.ERROR]: 'error',
}

/** Spans of the SDK in this process. */
export function drawnPiece({ spans, open, ...piece }: TracePiece): TracePiece<DrawnSpan> {
  return {
    ...piece,
    spans: spans.map((span) => drawnSpan(span, startOf(span) + Math.max(hrTimeToMicroseconds(span.duration), 0))),
    ...(open === undefined ? undefined : { open: open.map((span) => drawnSpan(span, undefined)) }),
  }
}

function drawnSpan(span: ReadableSpan, endMicros: number | undefined): DrawnSpan {
  const { name, kind, status, attributes, events, parentSpanContext } = span
  const { traceId, spanId } = span.spanContext()
  return {
    traceId,
    spanId,
    parentSpanId: parentSpanContext?.spanId,
    isParentRemote: parentSpanContext?.isRemote === true,
    name,
    kind: KINDS[kind] ?? 'unspecified',
    startMicros: startOf(span),
    endMicros,
    status: STATUSES[status.code] ?? 'unset',
    statusMessage: status.message ?? '',
    attributes,
    events,
    resource: { service: serviceNameOf(span) },
  }
}

function startOf(span: ReadableSpan): number {
  return hrTimeToMicroseconds(span.startTime)
}

/** Raw attributes: reading the settled ones while a detector is still at work makes the SDK report an error. */
function serviceNameOf({ resource }: ReadableSpan): string | undefined {
  const [, name] = resource.getRawAttributes().find(([key]) => key === 'service.name') ?? []
  return typeof name === 'string' ? name : undefined
}
