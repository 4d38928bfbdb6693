import { context, SpanKind, SpanStatusCode, trace, type SpanContext } from '@opentelemetry/api'
import { TraceState } from '@opentelemetry/core'
import type { TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { makeCertificates, type Certificates } from './certificates.js'
import { otlpSink, type OtlpProtocol, type OtlpSink, type ReceivedSpan } from './otlp-sink.js'
import { PROTOCOLS, stockExporter, stockProvider } from './otlp-sink/stock-tracing.js'

let certificates: Certificates
beforeAll(async () => {
  certificates = await makeCertificates()
})
afterAll(() => certificates.remove())
afterEach(() => vi.unstubAllEnvs())

const REMOTE_PARENT: SpanContext = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
  isRemote: true,
  traceState: new TraceState('vendor=1,other=two'),
}
const LINKED: SpanContext = {
  traceId: 'ffffffffffffffffffffffffffffffff',
  spanId: '00000000000000ff',
  traceFlags: 0,
  traceState: new TraceState('linked=yes'),
}
/** The stock JSON serializer writes the resource's schema URL twice, once where the protocol has no such field. */
const STOCK_FAULTS: Readonly<Record<OtlpProtocol, readonly string[]>> = {
  grpc: [],
  'http/protobuf': [],
  'http/json': ['unknown key ExportTraceServiceRequest.resourceSpans[0].resource.schemaUrl'],
}
const START = [1_800_000_000, 123_456_789] as [number, number]
const END = [1_800_000_001, 1] as [number, number]
const BYTES = Uint8Array.of(0, 127, 128, 255)

/** One span with everything a span can carry, and a plain child of it. */
async function sendSpans(provider: TracerProvider): Promise<void> {
  const tracer = provider.getTracer('checkout', '1.2.3', { schemaUrl: 'https://e.org/s' })
  const parent = tracer.startSpan(
    'GET /items/:id',
    { kind: SpanKind.SERVER, startTime: START, links: [linkTo(0), linkTo(1), linkTo(2)] },
    trace.setSpanContext(context.active(), REMOTE_PARENT),
  )
  parent.setAttributes({ text: 'zażółć 🦆', empty: '', yes: true, no: false, whole: 7, negative: -1, large: 2 ** 53 })
  parent.setAttributes({ fraction: 0.1, list: ['a', 'b'], nested: { deep: [1, { x: null }] }, bytes: BYTES })
  parent.setAttributes({ one: 1, tooMany: 1 })
  parent.addEvent('shifted out')
  parent.addEvent('cache miss', { key: 'item', tries: [1, 2] }, START)
  parent.addEvent('done', END)
  parent.setStatus({ code: SpanStatusCode.ERROR, message: 'out of stock' })
  const child = tracer.startSpan('pay', { startTime: START }, trace.setSpan(context.active(), parent))
  child.end(END)
  parent.end(END)
  await provider.forceFlush()
}

function linkTo(n: number): { context: SpanContext; attributes: { n: number } } {
  return { context: LINKED, attributes: { n } }
}

function expectAll(spans: readonly ReceivedSpan[]): void {
  const [child, parent] = spans
  const origin = {
    resource: {
      attributes: { 'service.name': 'shop', 'process.pid': 42 },
      droppedAttributesCount: 0,
      schemaUrl: 'https://e.org/r',
    },
    scope: {
      name: 'checkout',
      version: '1.2.3',
      attributes: {},
      droppedAttributesCount: 0,
      schemaUrl: 'https://e.org/s',
    },
  }
  const link = { traceId: LINKED.traceId, spanId: LINKED.spanId, traceState: 'linked=yes' }
  expect(parent).toStrictEqual({
    traceId: REMOTE_PARENT.traceId,
    spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    parentSpanId: REMOTE_PARENT.spanId,
    traceState: 'vendor=1,other=two',
    name: 'GET /items/:id',
    kind: 'SERVER',
    startUnixNano: 1_800_000_000_123_456_789n,
    endUnixNano: 1_800_000_001_000_000_001n,
    attributes: {
      ...{ text: 'zażółć 🦆', empty: '', yes: true, no: false, whole: 7, negative: -1, large: 2n ** 53n },
      ...{ fraction: 0.1, list: ['a', 'b'], nested: { deep: [1, { x: undefined }] }, bytes: BYTES, one: 1 },
    },
    droppedAttributesCount: 1,
    events: [
      {
        name: 'cache miss',
        timeUnixNano: 1_800_000_000_123_456_789n,
        attributes: { key: 'item', tries: [1, 2] },
        droppedAttributesCount: 0,
      },
      { name: 'done', timeUnixNano: 1_800_000_001_000_000_001n, attributes: {}, droppedAttributesCount: 0 },
    ],
    droppedEventsCount: 1,
    links: [
      { ...link, attributes: { n: 1 }, droppedAttributesCount: 0, flags: 0x100 },
      { ...link, attributes: { n: 2 }, droppedAttributesCount: 0, flags: 0x100 },
    ],
    droppedLinksCount: 1,
    status: { code: 'ERROR', message: 'out of stock' },
    flags: 0x301,
    ...origin,
  })
  expect(child).toMatchObject({
    traceId: REMOTE_PARENT.traceId,
    parentSpanId: parent?.spanId,
    name: 'pay',
    kind: 'INTERNAL',
    status: { code: 'UNSET', message: '' },
    flags: 0x101,
    ...origin,
  })
}

function trust(sink: OtlpSink, { caPath, client }: Certificates): void {
  expect(sink.httpUrl).toMatch(/^https:/)
  vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', caPath)
  vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', client.certificatePath)
  vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_KEY', client.keyPath)
}

describe.each(PROTOCOLS)('over %s', (protocol: OtlpProtocol) => {
  describe.each(['none', 'gzip'] as const)('with compression %s', (compression) => {
    test.each([
      { name: 'in plain text', tls: false, mutualTls: false },
      { name: 'over TLS', tls: true, mutualTls: false },
      { name: 'over mutual TLS', tls: true, mutualTls: true },
    ])('every field of a span arrives as it was set, $name', async ({ tls, mutualTls }) => {
      await using sink = await otlpSink(tls ? { tls: certificates, mutualTls } : {})
      vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', compression)
      if (tls) trust(sink, certificates)
      const provider = stockProvider(stockExporter(protocol, sink))
      await sendSpans(provider)
      await provider.shutdown()
      expect(sink.faults.map(({ reason }) => reason)).toEqual(STOCK_FAULTS[protocol])
      expectAll(sink.spans())
      expect(sink.requests).toMatchObject([{ protocol, compression }])
      const [{ bytes, body, clientName } = {}] = sink.requests
      expect(clientName).toBe(mutualTls ? 'test client' : undefined)
      if (compression === 'none') expect(bytes).toBe(body?.length)
      else expect(bytes).toBeLessThan(body?.length ?? 0)
    })
  })
})
