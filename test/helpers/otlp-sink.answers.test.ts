import { connect } from 'node:net'
import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeCertificates } from './certificates.js'
import { otlpSink, type OtlpSink, type SinkBehaviour } from './otlp-sink.js'
import { frame, unframe } from './otlp-sink/grpc-frame.js'
import { call, post, requestOf } from './otlp-sink/raw-client.js'
import { exportResponseType, retryInfoType, statusType } from './otlp-sink/schema.js'
import { PROTOCOLS, stockExporter } from './otlp-sink/stock-tracing.js'

let sink: OtlpSink
beforeEach(async () => {
  sink = await otlpSink()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await sink.close()
})

/** Sends so many real spans, and settles with what the exporter makes of the answer. */
function exportSpans(exporter: SpanExporter, count = 1): Promise<ExportResult> {
  const memory = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: memory })] })
  for (let n = 1; n <= count; n += 1) provider.getTracer('test').startSpan(`span ${n}`).end()
  return new Promise((resolve) => exporter.export(memory.getFinishedSpans(), resolve))
}

const names = (): string[] => sink.spans().map(({ name }) => name)

describe('a status', () => {
  test('over HTTP has the code, Retry-After and a google.rpc.Status', async () => {
    sink.respondWith({ kind: 'status', grpc: 8, message: 'slow down', retryAfterSeconds: 7 })
    const response = await post(sink)
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('7')
    const status = statusType.decode(Buffer.from(await response.arrayBuffer()))
    expect(status).toMatchObject({ code: 8, message: 'slow down' })
  })

  test('over HTTP may say when to come back by a date', async () => {
    const retryAfterDate = new Date('2030-01-02T03:04:05Z')
    sink.respondWith({ kind: 'status', http: 503, retryAfterDate })
    expect((await post(sink)).headers.get('retry-after')).toBe('Wed, 02 Jan 2030 03:04:05 GMT')
  })

  test('over gRPC has the code, the message and a RetryInfo', async () => {
    sink.respondWith({ kind: 'status', http: 503, message: 'später', retryAfterSeconds: 1.5 })
    const { metadata } = await call(sink)
    expect(metadata).toMatchObject({ ':status': 200, 'grpc-status': '14', 'grpc-message': 'sp%C3%A4ter' })
    const details = Buffer.from(String(metadata['grpc-status-details-bin']), 'base64')
    const [any] = statusType.toObject(statusType.decode(details)).details as [{ type_url: string; value: Buffer }]
    expect(any.type_url).toBe('type.googleapis.com/google.rpc.RetryInfo')
    const retryInfo = retryInfoType.toObject(retryInfoType.decode(any.value), { longs: Number }) as object
    expect(retryInfo).toEqual({ retryDelay: { seconds: 1, nanos: 500_000_000 } })
  })

  test('over gRPC keeps what is printable in its message, but for the percent sign', async () => {
    sink.respondWith({ kind: 'status', grpc: 14, message: '100 %, not now' })
    expect((await call(sink)).metadata['grpc-message']).toBe('100 %25, not now')
  })

  test.each(PROTOCOLS)('tells the stock %s exporter that its spans were refused', async (protocol) => {
    sink.respondWith({ kind: 'status', http: 400, message: 'no' })
    const { code, error } = await exportSpans(stockExporter(protocol, sink))
    expect([code, (error as { code?: number } | undefined)?.code]).toEqual([
      ExportResultCode.FAILED,
      protocol === 'grpc' ? 3 : 400,
    ])
    expect(sink.requests).toMatchObject([{ spans: [{ name: 'span 1' }], acceptedSpans: [] }])
    expect([sink.spans(), sink.faults]).toEqual([[], []])
  })
})

test('the page of a proxy has its HTTP status over both protocols, and takes nothing', async () => {
  sink.respondWith({ kind: 'page', http: 503, html: '<h1>Sorry</h1>' })
  const response = await post(sink)
  expect([response.status, response.headers.get('content-type')]).toEqual([503, 'text/html'])
  expect(await response.text()).toBe('<h1>Sorry</h1>')
  const { httpStatus, metadata, body } = await call(sink)
  expect([httpStatus, metadata['content-type'], body.toString()]).toEqual([503, 'text/html', '<h1>Sorry</h1>'])
  expect(metadata).not.toHaveProperty('grpc-status')
  expect([sink.requests.length, sink.spans(), sink.faults]).toEqual([2, [], []])
})

test.each(PROTOCOLS)('another certificate is shown over %s to whoever connects from then on', async (protocol) => {
  await using right = await makeCertificates()
  await using wrong = await makeCertificates()
  await using server = await otlpSink({ tls: wrong })
  vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', right.caPath)
  expect((await exportSpans(stockExporter(protocol, server, 300))).code).toBe(ExportResultCode.FAILED)
  server.setCertificate(right.server)
  expect((await exportSpans(stockExporter(protocol, server))).code).toBe(ExportResultCode.SUCCESS)
  expect(server.spans()).toHaveLength(1)
})

test('a sink without TLS has no certificate to exchange', async () => {
  await using certificates = await makeCertificates()
  expect(() => sink.setCertificate(certificates.server)).toThrow('has no certificate')
})

test('a queue of behaviours is worked off one a request, then everything is taken', async () => {
  sink.respondWith([
    { kind: 'status', http: 503, retryAfterSeconds: 0 },
    { kind: 'status', http: 429, retryAfterSeconds: 0 },
  ])
  const { code } = await exportSpans(stockExporter('http/protobuf', sink), 2)
  expect(code).toBe(ExportResultCode.SUCCESS)
  expect(sink.requests.map(({ acceptedSpans }) => acceptedSpans.length)).toEqual([0, 0, 2])
  expect(sink.requests[2]?.arrivedAtMillis).toBeGreaterThan(sink.requests[0]?.arrivedAtMillis ?? Infinity)
})

test('a function decides for each request, in its own time', async () => {
  const gate = Promise.withResolvers<SinkBehaviour>()
  sink.respondWith(({ protocol }) => (protocol === 'grpc' ? gate.promise : { kind: 'ok' }))
  const held = call(sink)
  await sink.waitForRequests(1)
  expect((await post(sink)).status).toBe(200)
  expect(sink.requests).toMatchObject([{ acceptedSpans: [] }, { acceptedSpans: [{ name: 'span 1' }] }])
  gate.resolve({ kind: 'status', grpc: 16 })
  expect((await held).metadata['grpc-status']).toBe('16')
})

test('a function that throws is a fault, and a server error', async () => {
  sink.respondWith(() => {
    throw new Error('oops')
  })
  expect((await post(sink)).status).toBe(500)
  expect(sink.faults).toMatchObject([{ reason: 'the sink failed: Error: oops' }])
})

test.each(PROTOCOLS)('a partial success over %s takes all but the last spans, and says so', async (protocol) => {
  sink.respondWith({ kind: 'partialSuccess', rejectedSpans: 2, errorMessage: 'too old' })
  expect((await exportSpans(stockExporter(protocol, sink), 3)).code).toBe(ExportResultCode.SUCCESS)
  expect(names()).toEqual(['span 1'])
  const partialSuccess = { rejectedSpans: '2', errorMessage: 'too old' }
  if (protocol === 'http/json') {
    const response = await post(sink, { headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') })
    expect(await response.json()).toEqual({ partialSuccess })
    return
  }
  const body =
    protocol === 'grpc'
      ? unframe((await call(sink)).body, 'identity').body
      : Buffer.from(await (await post(sink)).arrayBuffer())
  expect(exportResponseType.toObject(exportResponseType.decode(body), { longs: String })).toEqual({ partialSuccess })
})

test.each(PROTOCOLS)('a slow answer over %s comes after its time', async (protocol) => {
  sink.respondWith({ kind: 'slow', millis: 60, then: { kind: 'partialSuccess', rejectedSpans: 1 } })
  const exported = exportSpans(stockExporter(protocol, sink), 2)
  const start = performance.now()
  await sink.waitForRequests(1)
  expect(names()).toEqual([])
  expect((await exported).code).toBe(ExportResultCode.SUCCESS)
  expect(performance.now() - start).toBeGreaterThan(50)
  expect(names()).toEqual(['span 1'])
})

test.each(PROTOCOLS)('hanging over %s never answers, and does not keep the sink from closing', async (protocol) => {
  sink.respondWith({ kind: 'hang', accepted: true })
  const exported = exportSpans(stockExporter(protocol, sink, 150))
  expect(await sink.waitForSpans(1)).toHaveLength(1)
  expect((await exported).code).toBe(ExportResultCode.FAILED)
  const held = protocol === 'grpc' ? call(sink) : post(sink)
  const lost = expect(held).rejects.toThrow()
  await sink.waitForRequests(2)
  await sink.close()
  await lost
})

describe.each(['plain text', 'TLS'])('in %s', (transport) => {
  test.each(PROTOCOLS)('a reset over %s cuts the connection under a request that is there', async (protocol) => {
    await using certificates = await makeCertificates()
    await using server = await otlpSink(transport === 'TLS' ? { tls: certificates } : {})
    vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', certificates.caPath)
    server.respondWith({ kind: 'reset' })
    const { code, error } = await exportSpans(stockExporter(protocol, server, 300))
    expect(code).toBe(ExportResultCode.FAILED)
    if (protocol === 'grpc') expect(error?.message).toMatch(/UNAVAILABLE|ECONNRESET/)
    expect(server.requests).toMatchObject([{ protocol, acceptedSpans: [] }])
    expect(server.faults).toEqual([])
  })
})

test('a drip takes the spans, and answers a byte at a time', async () => {
  sink.respondWith({ kind: 'drip', everyMillis: 4 })
  const start = performance.now()
  expect((await post(sink)).status).toBe(200)
  expect(performance.now() - start).toBeGreaterThan(4 * 'HTTP/1.1 200 OK'.length)
  const grpcStart = performance.now()
  expect((await call(sink)).metadata['grpc-status']).toBe('0')
  expect(performance.now() - grpcStart).toBeGreaterThan(4 * 5)
  expect(names()).toEqual(['span 1', 'span 1'])
})

test.each(PROTOCOLS)('a half-open connection over %s is deaf from then on, a new one works', async (protocol) => {
  sink.respondWith([{ kind: 'half-open', accepted: true }])
  const exporter = stockExporter(protocol, sink, 100)
  expect((await exportSpans(exporter)).code).toBe(ExportResultCode.FAILED)
  expect(sink.requests).toMatchObject([{ acceptedSpans: [{ name: 'span 1' }] }])
  // Over HTTP the exporter has ended the connection, over gRPC it uses it again.
  const { code } = await exportSpans(exporter)
  expect(code).toBe(protocol === 'grpc' ? ExportResultCode.FAILED : ExportResultCode.SUCCESS)
  expect(sink.requests).toHaveLength(protocol === 'grpc' ? 1 : 2)
  if (protocol === 'grpc') expect((await call(sink)).metadata['grpc-status']).toBe('0')
})

test('a half-open connection over HTTP is deaf to what was sent behind, too', async () => {
  sink.respondWith([{ kind: 'half-open' }])
  const socket = connect(Number(new URL(sink.httpUrl).port), '127.0.0.1')
  const body = requestOf(1)
  const head = `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${body.length}\r\n\r\n`
  const request = Buffer.concat([Buffer.from(head), body])
  socket.write(request)
  await sink.waitForRequests(1)
  socket.write(request)
  expect((await post(sink)).status).toBe(200)
  await expect(sink.waitForRequests(3, { timeoutMillis: 50 })).rejects.toThrow('2 requests')
  socket.destroy()
})

test('a reset reaches the client as one', async () => {
  sink.respondWith({ kind: 'reset', accepted: true })
  const lost = (error: unknown): unknown => (error as { cause?: { code?: string } }).cause?.code
  expect(await post(sink).catch(lost)).toBe('ECONNRESET')
  await expect(call(sink)).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(names()).toEqual(['span 1', 'span 1'])
})

test('during an outage connections are refused, afterwards the same ports answer', async () => {
  sink.respondWith({ kind: 'hang' })
  const cut = expect(call(sink)).rejects.toThrow()
  await sink.waitForRequests(1)
  await sink.down()
  await cut
  await expect(post(sink)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  await expect(call(sink)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await sink.up()
  sink.respondWith({ kind: 'ok' })
  expect((await post(sink)).status).toBe(200)
  expect((await call(sink)).metadata['grpc-status']).toBe('0')
  expect(sink.requests).toHaveLength(3)
})

describe('waiting', () => {
  test('settles when the last span arrives, whichever request brings it', async () => {
    const waiting = sink.waitForSpans(5)
    await post(sink, { body: requestOf(2) })
    await call(sink, { body: frame(requestOf(3)) })
    expect(await waiting).toHaveLength(5)
  })

  test('rejects in its time, and says what did arrive', async () => {
    await post(sink, { path: '/v1/profiles' })
    await post(sink, { body: requestOf(2) })
    await expect(sink.waitForSpans(3, { timeoutMillis: 20 })).rejects.toThrow(
      '3 spans did not arrive in 20 ms: 1 requests, 2 accepted spans, faults: http: nothing is served at /v1/profiles',
    )
  })

  test('rejects when the sink is closed', async () => {
    const waiting = expect(sink.waitForSpans(1)).rejects.toThrow('the sink was closed')
    await sink.close()
    await waiting
  })
})

test('reset forgets what arrived, and how to answer', async () => {
  sink.respondWith({ kind: 'status', http: 503 })
  await post(sink)
  await post(sink, { path: '/' })
  sink.reset()
  expect([sink.requests, sink.faults, sink.spans()]).toEqual([[], [], []])
  expect((await post(sink)).status).toBe(200)
})
