import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { TraceState } from '@opentelemetry/core'
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { EncodedBatch } from '../../../src/export/delivery/queued-batch.js'
import { decodeJson, decodeProtobuf } from '../../helpers/otlp-sink/decode.js'
import type { ExportRequestMessage } from '../../helpers/otlp-sink/message.js'
import { withoutSpans } from '../../../src/export/delivery/requests/spans-in-request.js'

export interface SpanSpec {
  /** Randomness, as up to fourteen hex digits; the end of the trace id. */
  readonly randomness: string
  readonly name?: string
  readonly traceState?: string
  readonly service?: string
  readonly scope?: string
  readonly padding?: number
}

export type Format = 'protobuf' | 'json'

const resources = new Map<string, ReadableSpan['resource']>()
const scopes = new Map<string, ReadableSpan['instrumentationScope']>()

/** Encoded by the stock serializers. */
export function encoded(specs: readonly SpanSpec[], format: Format = 'protobuf'): Uint8Array {
  const serializer = format === 'json' ? JsonTraceSerializer : ProtobufTraceSerializer
  const bytes = serializer.serializeRequest(specs.map(readableSpan))
  if (!bytes) throw new Error('the stock serializer made nothing of these spans')
  return new Uint8Array(bytes)
}

let lastId = 0

export function batchOf(specs: readonly SpanSpec[], format: Format = 'protobuf'): EncodedBatch {
  return { id: (lastId += 1), bytes: encoded(specs, format), spans: specs.length }
}

/** One span, of a trace in the middle; no other batch has these bytes. */
export function someBatch(): EncodedBatch {
  return batchOf([{ randomness: '80000000000000', name: `span ${String(lastId).padStart(6, '0')}` }])
}

export function decoded(bytes: Uint8Array): ExportRequestMessage {
  const { message, problems } = bytes[0] === 0x7b ? decodeJson(bytes) : decodeProtobuf(bytes)
  if (problems.length > 0) throw new Error(problems.join(', '))
  return message
}

export function spanNames(bytes: Uint8Array): string[] {
  return decoded(bytes).resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
  )
}

function readableSpan(spec: SpanSpec): ReadableSpan {
  const { randomness, name = 'a span', traceState, service = 'shop', scope = 'tests', padding = 0 } = spec
  const resource = once(resources, service, () => resourceFromAttributes({ 'service.name': service }))
  const spanContext = {
    traceId: `0af7651916cd43dd84${randomness.padStart(14, '0')}`,
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
    ...(traceState !== undefined && { traceState: new TraceState(traceState) }),
  }
  return {
    name,
    kind: SpanKind.SERVER,
    spanContext: () => spanContext,
    parentSpanContext: { ...spanContext, spanId: '00f067aa0ba902b7' },
    startTime: [1_700_000_000, 5],
    endTime: [1_700_000_001, 7],
    duration: [1, 2],
    ended: true,
    status: { code: SpanStatusCode.ERROR, message: 'no' },
    attributes: { 'http.route': '/cart', count: 3, ratio: 0.5, tags: ['a', 'b'], padding: 'x'.repeat(padding) },
    links: [{ context: { ...spanContext, spanId: '1111111111111111' }, attributes: { rv: 'rv:' } }],
    events: [{ name: 'event', time: [1_700_000_000, 6], attributes: { n: 1 } }],
    resource,
    instrumentationScope: once(scopes, scope, () => ({ name: scope, version: '1' })),
    droppedAttributesCount: 1,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

function once<T>(known: Map<string, T>, key: string, create: () => T): T {
  const value = known.get(key) ?? create()
  known.set(key, value)
  return value
}

/** The request without the spans whose randomness is below the threshold. */
export function withoutSpansBelow(
  batch: Parameters<typeof withoutSpans>[0],
  threshold: number,
): ReturnType<typeof withoutSpans> {
  if (!(threshold > 0)) return { rest: batch.bytes, dropped: 0 }
  return withoutSpans(batch, (randomness) => randomness < threshold)
}
