import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import http2 from 'node:http2'
import { connect, createServer } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { deflateSync, gzipSync } from 'node:zlib'
import { ExportResultCode } from '@opentelemetry/core'
import { OTLPLogExporter as GrpcLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace'
import { ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TraceStore } from '../../../src/viewer/model/trace-store.js'
import {
  PortTakenError,
  startReceiver,
  type Receiver,
  type ReceiverOptions,
} from '../../../src/viewer/receive/receiver.js'
import { memoryStore } from '../../../src/viewer/store/memory.js'
import { fuzzRuns } from '../../helpers/fuzz-runs.js'
import { exportResponseType, statusType } from '../../helpers/otlp-sink/schema.js'
import { OTLP_JSON, OTLP_MESSAGE, protobufRequest, SPAN_ID, TRACE_ID } from './encoded.js'

const TRACE_CALL = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const PROTOBUF = 'application/x-protobuf'
const REQUEST = protobufRequest(OTLP_MESSAGE)

let store: TraceStore
let receiver: Receiver
beforeEach(async () => {
  store = memoryStore()
  receiver = await start()
})
afterEach(() => receiver.close())

function start(options: Partial<ReceiverOptions> = {}): Promise<Receiver> {
  return startReceiver({ store, ports: [0, 0], ...options })
}

/** Closes the one there is, and starts another. */
async function restart(options: Partial<ReceiverOptions>): Promise<void> {
  await receiver.close()
  receiver = await start(options)
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

interface Sent {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

/** Not by fetch, which does not let a caller choose its Host. */
async function send({
  path = '/v1/traces',
  method = 'POST',
  headers = {},
  body = REQUEST,
}: Sent = {}): Promise<Answer> {
  const request = httpRequest({
    host: '127.0.0.1',
    port: receiver.ports[0],
    path,
    method,
    headers: { 'content-type': PROTOBUF, ...headers },
  })
  const response = new Promise<Answer>((resolve, reject) => {
    request.once('error', reject)
    request.once('response', (incoming) => {
      buffer(incoming).then(
        (received) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: received }),
        reject,
      )
    })
  })
  request.end(method === 'GET' || method === 'OPTIONS' ? undefined : body)
  return await response
}

interface GrpcAnswer {
  readonly httpStatus: unknown
  readonly status: unknown
  readonly message: unknown
  readonly body: Buffer
}

function frame(message: Uint8Array, flag = 0): Buffer {
  const header = Buffer.alloc(5)
  header[0] = flag
  header.writeUInt32BE(message.length, 1)
  return Buffer.concat([header, message])
}

async function call(
  body: Uint8Array = frame(REQUEST),
  headers: Readonly<Record<string, string>> = {},
): Promise<GrpcAnswer> {
  const session = http2.connect(`http://127.0.0.1:${receiver.ports[1]}`)
  try {
    const stream = session.request({
      ':path': TRACE_CALL,
      ':method': 'POST',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    })
    const metadata: Record<string, unknown> = {}
    stream.on('response', (given) => void Object.assign(metadata, given))
    stream.on('trailers', (given) => void Object.assign(metadata, given))
    stream.end(body)
    const received = await buffer(stream)
    return {
      httpStatus: metadata[':status'],
      status: metadata['grpc-status'],
      message: metadata['grpc-message'],
      body: received,
    }
  } finally {
    session.destroy()
  }
}

const kept = (): number => store.counts().spans

describe('the exporters of OpenTelemetry', () => {
  const url = (port: number): string => `http://localhost:${receiver.ports[port]}`
  const compressing = (make: () => SpanExporter): SpanExporter => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', 'gzip')
    return make()
  }
  afterEach(() => vi.unstubAllEnvs())
  const exporters: readonly [string, (port: number) => SpanExporter][] = [
    ['HTTP with protobuf', (port) => new ProtobufExporter({ url: `${url(port)}/v1/traces` })],
    ['HTTP with JSON', (port) => new JsonExporter({ url: `${url(port)}/v1/traces` })],
    ['HTTP with gzip', (port) => compressing(() => new ProtobufExporter({ url: `${url(port)}/v1/traces` }))],
    ['gRPC', (port) => new GrpcExporter({ url: url(port) })],
    ['gRPC with gzip', (port) => compressing(() => new GrpcExporter({ url: url(port) }))],
  ]

  test.each(exporters)(
    'send by %s to either port, and what arrives is what they sent',
    async (_protocol, exporterFor) => {
      for (const port of [0, 1]) {
        const memory = new InMemorySpanExporter()
        const provider = new TracerProvider({
          resource: resourceFromAttributes({ 'service.name': 'shop' }),
          spanProcessors: [new SimpleSpanProcessor({ exporter: memory })],
        })
        const span = provider.getTracer('test', '1.0').startSpan('GET /', { attributes: { list: ['a', 'b'], n: 1.5 } })
        span.recordException(new Error('declined'))
        span.end()
        const exporter = exporterFor(port)
        const result = await new Promise<{ code: number }>((resolve) =>
          exporter.export(memory.getFinishedSpans(), resolve),
        )
        await exporter.shutdown()
        expect(result.code).toBe(ExportResultCode.SUCCESS)
        const [received] = store.spansOf(span.spanContext().traceId)
        expect(received).toMatchObject({
          spanId: span.spanContext().spanId,
          name: 'GET /',
          attributes: { list: ['a', 'b'], n: 1.5 },
          events: [{ name: 'exception', attributes: { 'exception.message': 'declined' } }],
          resource: { service: 'shop' },
          scope: { name: 'test', version: '1.0' },
        })
      }
      expect(receiver.refusals()).toEqual([])
    },
  )

  test('send logs with the ids of their span', async () => {
    const exporter = new GrpcLogExporter({ url: url(0) })
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] })
    const context = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      traceFlags: TraceFlags.SAMPLED,
    })
    provider.getLogger('test').emit({ body: 'declined', severityText: 'ERROR', context })
    await provider.forceFlush()
    await vi.waitFor(() =>
      expect(store.logsOf(TRACE_ID)).toMatchObject([{ body: 'declined', severity: 'ERROR', spanId: SPAN_ID }]),
    )
    await provider.shutdown()
  })
})

describe('HTTP', () => {
  test.each([
    ['protobuf', PROTOBUF, REQUEST],
    ['JSON with a charset', 'application/json; charset=utf-8', JSON.stringify(OTLP_JSON)],
  ])('%s is answered in kind', async (_what, type, body) => {
    const answer = await send({ headers: { 'content-type': type }, body })
    expect([answer.status, answer.headers['content-type']]).toEqual([200, type.replace(/;.*/, '')])
    expect(kept()).toBe(1)
  })

  test.each([
    ['gzip', gzipSync(REQUEST)],
    ['deflate', deflateSync(REQUEST)],
    ['identity', REQUEST],
  ])('a body may be compressed by %s', async (encoding, body) => {
    expect((await send({ headers: { 'content-encoding': encoding }, body })).status).toBe(200)
    expect(kept()).toBe(1)
  })

  test('spans without ids are rejected in a partial success', async () => {
    const spans = [{ traceId: Buffer.alloc(16), spanId: Buffer.alloc(8) }]
    const body = protobufRequest({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
    const answer = await send({ body })
    expect(exportResponseType.toObject(exportResponseType.decode(answer.body), { longs: Number })).toEqual({
      partialSuccess: { rejectedSpans: 1, errorMessage: 'spans without a usable trace or span id' },
    })
    const json = await send({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{}, {}] }] }] }),
    })
    expect(JSON.parse(json.body.toString())).toMatchObject({ partialSuccess: { rejectedSpans: '2' } })
  })

  test('metrics are taken, so that nobody logs errors, and not kept', async () => {
    expect((await send({ path: '/v1/metrics' })).status).toBe(200)
    expect(kept()).toBe(0)
  })

  test('a slash at the end of the path, and a query, do no harm', async () => {
    expect((await send({ path: '/v1/traces/?a=b' })).status).toBe(200)
  })

  test.each([
    ['another method', { method: 'GET' }, 405],
    ['another path of OTLP', { path: '/v1/profiles' }, 404],
    ['another path', { path: '/' }, 404],
    ['a body that is no protobuf', { body: 'hello' }, 400],
    ['a body that is no JSON', { headers: { 'content-type': 'application/json' }, body: '{"resourceSpans"' }, 400],
    ['JSON that is no object', { headers: { 'content-type': 'application/json' }, body: '[]' }, 400],
    ['a body that is not compressed', { headers: { 'content-encoding': 'gzip' } }, 400],
    ['an unknown compression', { headers: { 'content-encoding': 'br' } }, 415],
    ['a compression called like a member of objects', { headers: { 'content-encoding': 'constructor' } }, 415],
  ])('%s is refused, counted, and takes the connection not down', async (_what, sent, status) => {
    const answer = await send(sent)
    expect(answer.status).toBe(status)
    const message =
      answer.headers['content-type'] === PROTOBUF
        ? String(statusType.toObject(statusType.decode(answer.body)).message)
        : (JSON.parse(answer.body.toString()) as { message: string }).message
    expect(receiver.refusals()).toMatchObject([{ reason: message, count: 1 }])
    expect((await send()).status).toBe(200)
  })

  test('what is not for /v1/ goes to the page', async () => {
    await restart({
      handleOther: (request, response) => {
        if (request.url !== '/page') return false
        response.end('the page')
        return true
      },
    })
    expect((await send({ path: '/page', method: 'GET' })).body.toString()).toBe('the page')
    expect((await send({ path: '/other', method: 'GET' })).status).toBe(404)
  })
})

describe('an attack from a page of another site', () => {
  test.each([
    'evil.example',
    'evil.example:4318',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1',
    'localhost@evil.example',
  ])('that made its name point here is known by its host: %j', async (host) => {
    const handleOther = vi.fn(() => true)
    await restart({ handleOther })
    for (const path of ['/v1/traces', '/', '/api/traces']) {
      expect((await send({ path, headers: { host } })).status).toBe(421)
    }
    expect([handleOther.mock.calls.length, kept()]).toEqual([0, 0])
  })

  test.each(['localhost', 'LOCALHOST:80', '127.0.0.1:9999', '[::1]:4318', 'localhost.'])(
    'is not one of %s',
    async (host) => {
      expect((await send({ headers: { host } })).status).toBe(200)
    },
  )

  test('that knows no name is refused, too: HTTP/1.0 needs none', async () => {
    const socket = connect(receiver.ports[0] ?? 0, '127.0.0.1')
    socket.end(`POST /v1/traces HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`)
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 421 /)
  })

  test.each([
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'file://',
    'http://127.0.0.1.evil.example:80',
    'localhost',
  ])('sends no spans from the origin %s, and may not read the answer', async (origin) => {
    for (const method of ['POST', 'OPTIONS']) {
      const answer = await send({ method, headers: { origin, 'access-control-request-method': 'POST' } })
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([403, undefined])
    }
    expect(kept()).toBe(0)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain; application/json'])(
    'sends no form, nor anything else that needs no preflight: %s',
    async (type) => {
      const body = JSON.stringify(OTLP_JSON)
      expect((await send({ headers: { 'content-type': type }, body })).status).toBe(415)
      expect((await send({ headers: { 'content-type': type, origin: 'https://evil.example' }, body })).status).toBe(403)
      expect(kept()).toBe(0)
      expect(receiver.refusals()[0]?.reason).toContain(`the content type ${type.replace(/;.*/, '')}`)
    },
  )

  test('gets no spans in by gRPC under another name', async () => {
    expect(await call(frame(REQUEST), { ':authority': 'evil.example' })).toMatchObject({ httpStatus: 200, status: '7' })
    expect(kept()).toBe(0)
  })
})

describe('pages of this machine', () => {
  test.each(['http://localhost:3000', 'http://127.0.0.1:8080', 'https://localhost', 'http://[::1]:5173'])(
    'send spans from %s, and may read the answer to the preflight and to the request',
    async (origin) => {
      const preflight = await send({
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,x-tenant',
          'access-control-request-private-network': 'true',
        },
      })
      expect(preflight.status).toBe(204)
      expect(preflight.headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-headers': 'content-type,x-tenant',
        'access-control-allow-private-network': 'true',
        vary: 'Origin',
      })
      const answer = await send({ headers: { origin } })
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, origin])
      const refused = await send({ headers: { origin }, body: 'no protobuf' })
      expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([400, origin])
    },
  )

  test('and those that are allowed by name', async () => {
    await restart({ allowedOrigins: ['https://app.test'], allowedHosts: ['viewer.test'] })
    const answer = await send({ headers: { origin: 'https://app.test', host: 'viewer.test:4318' } })
    expect(answer.status).toBe(200)
    expect((await send({ headers: { origin: 'http://app.test' } })).status).toBe(403)
  })
})

describe('a token', () => {
  beforeEach(() => restart({ token: 'secret', isOpenToNetwork: true }))

  test.each([{}, { authorization: 'Bearer wrong' }, { authorization: 'secret' }, { authorization: 'Bearer secrets' }])(
    'is asked for: %j',
    async (headers) => {
      const answer = await send({ headers: headers })
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer'])
      expect(await call(frame(REQUEST), headers as Record<string, string>)).toMatchObject({ status: '16' })
      expect(kept()).toBe(0)
    },
  )

  test('lets spans in, at an address of the network too, and not under a name of others', async () => {
    const authorization = 'Bearer secret'
    expect((await send({ headers: { authorization, host: '192.168.0.7:4318' } })).status).toBe(200)
    expect((await call(frame(REQUEST), { authorization })).status).toBe('0')
    expect((await send({ headers: { authorization, host: 'evil.example' } })).status).toBe(421)
  })

  test('is not needed for a preflight, which carries none', async () => {
    const origin = 'http://localhost:3000'
    expect((await send({ method: 'OPTIONS', headers: { origin } })).status).toBe(204)
  })
})

describe('limits', () => {
  test('a body that is too long is refused, announced or not, and however it was compressed', async () => {
    await restart({ maxBodyBytes: 1_000 })
    const large = Buffer.alloc(5_000)
    const bomb = gzipSync(Buffer.alloc(10_000_000))
    expect(bomb.length).toBeGreaterThan(1_000)
    const tight = gzipSync(Buffer.alloc(100_000))
    expect(tight.length).toBeLessThan(1_000)
    expect((await send({ body: large })).status).toBe(413)
    expect((await send({ body: large, headers: { 'transfer-encoding': 'chunked' } })).status).toBe(413)
    expect((await send({ body: tight, headers: { 'content-encoding': 'gzip' } })).status).toBe(413)
    expect((await call(frame(large))).status).toBe('8')
    expect((await call(frame(tight, 1), { 'grpc-encoding': 'gzip' })).status).toBe('8')
    expect((await send()).status).toBe(200)
  })

  test('what arrives at the same time is limited, too, and senders are asked to come again', async () => {
    await restart({ maxBytesInFlight: 3_000 })
    const slow = httpRequest({
      host: '127.0.0.1',
      port: receiver.ports[0],
      path: '/v1/traces',
      method: 'POST',
      headers: { 'content-type': PROTOBUF, 'content-length': 4_000 },
    })
    slow.on('error', () => {})
    slow.write(Buffer.alloc(2_900))
    await vi.waitFor(async () => {
      const answer = await send()
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1'])
    })
    expect((await call()).status).toBe('14')
    slow.destroy()
    await vi.waitFor(async () => expect((await send()).status).toBe(200))
  })

  test('a list of a million empty objects is refused before it is read', async () => {
    const body = `{"resourceSpans":[${'{},'.repeat(2_500_000)}{}]}`
    expect((await send({ headers: { 'content-type': 'application/json' }, body })).status).toBe(400)
  })

  test('a sender that goes away in the middle leaves nothing behind', async () => {
    const socket = connect(receiver.ports[0] ?? 0, '127.0.0.1')
    socket.write(
      `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${PROTOBUF}\r\ncontent-length: 500\r\n\r\nabc`,
    )
    await once(socket, 'connect')
    socket.destroy()
    expect((await send()).status).toBe(200)
  })
})

describe('gRPC', () => {
  test('a message may be cut into many frames, and be larger than 4 MB', async () => {
    const value = { stringValue: 'x'.repeat(6_000_000) }
    const spans = [{ traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 1), attributes: [{ key: 'body', value }] }]
    const answer = await call(frame(protobufRequest({ resourceSpans: [{ scopeSpans: [{ spans }] }] })))
    expect(answer).toMatchObject({ httpStatus: 200, status: '0' })
    expect(kept()).toBe(1)
  })

  test.each([
    ['an unknown method', frame(REQUEST), { ':path': '/a.B/C' }, '12'],
    ['a frame that is cut short', frame(REQUEST).subarray(0, 20), {}, '13'],
    ['no frame', Buffer.alloc(0), {}, '13'],
    ['two messages', Buffer.concat([frame(REQUEST), frame(REQUEST)]), {}, '13'],
    ['a compressed message without its encoding', frame(gzipSync(REQUEST), 1), {}, '13'],
    ['an unknown encoding', frame(gzipSync(REQUEST), 1), { 'grpc-encoding': 'snappy' }, '12'],
    ['no protobuf', frame(Buffer.from('hello')), {}, '3'],
  ])('%s has its status', async (_what, body, headers, status) => {
    const answer = await call(body, headers)
    expect(answer).toMatchObject({ httpStatus: 200, status })
    expect(String(answer.message)).not.toBe('')
    expect(kept()).toBe(0)
  })

  test('what is not gRPC has a status of HTTP', async () => {
    expect((await call(REQUEST, { 'content-type': PROTOBUF })).httpStatus).toBe(415)
  })

  test('a partial success says how many', async () => {
    const spans = [{ traceId: Buffer.alloc(16), spanId: Buffer.alloc(8) }]
    const { body } = await call(frame(protobufRequest({ resourceSpans: [{ scopeSpans: [{ spans }] }] })))
    expect(exportResponseType.toObject(exportResponseType.decode(body.subarray(5)), { longs: Number })).toMatchObject({
      partialSuccess: { rejectedSpans: 1 },
    })
  })
})

test('whatever bytes, types and encodings are sent, the answer is one of a receiver, and it goes on', async () => {
  const bodies = [REQUEST, gzipSync(REQUEST), Buffer.from(JSON.stringify(OTLP_JSON)), frame(REQUEST), Buffer.alloc(0)]
  const body = fc
    .record({ of: fc.constantFrom(...bodies), at: fc.nat(), byte: fc.nat(255), cut: fc.nat(), isCut: fc.boolean() })
    .map(({ of, at, byte, cut, isCut }) => {
      const changed = Buffer.from(of)
      if (changed.length > 0) changed[at % changed.length] = byte
      return isCut ? changed.subarray(0, cut % (changed.length + 1)) : changed
    })
  const anyBody = fc.oneof(body, body, fc.uint8Array({ maxLength: 100 }))
  const headers = fc.record({
    'content-type': fc.constantFrom(PROTOBUF, 'application/json', 'application/grpc', 'text/plain'),
    'content-encoding': fc.constantFrom('identity', 'gzip', 'deflate', 'toString'),
  })
  const path = fc.constantFrom('/v1/traces', '/v1/logs', '/v1/metrics', '/v1/', '//v1/traces', '/%00', '/v1/__proto__')
  await fc.assert(
    fc.asyncProperty(anyBody, headers, path, async (bytes, own, to) => {
      const { status } = await send({ path: to, headers: own, body: bytes })
      expect([200, 400, 404, 413, 415]).toContain(status)
    }),
    { numRuns: fuzzRuns(0.0015) },
  )
  const encoding = fc.constantFrom('identity', 'gzip', 'deflate', 'snappy')
  await fc.assert(
    fc.asyncProperty(anyBody, fc.nat(2), encoding, fc.boolean(), async (bytes, flag, named, isFramed) => {
      const answer = await call(isFramed ? frame(bytes, flag) : bytes, { 'grpc-encoding': named })
      expect(['0', '3', '8', '12', '13']).toContain(answer.status)
    }),
    { numRuns: fuzzRuns(0.001) },
  )
  const before = kept()
  expect((await send()).status).toBe(200)
  expect(kept()).toBe(before + 1)
})

describe('a port', () => {
  test('takes a connection whose first bytes come one by one', async () => {
    const socket = connect(receiver.ports[0] ?? 0, '127.0.0.1')
    const head =
      'POST /v1/traces HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}'
    for (const character of head.slice(0, 6)) {
      socket.write(character)
      await new Promise((resolve) => setImmediate(resolve))
    }
    socket.write(head.slice(6))
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK/)
  })

  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['a greeting of TLS', Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])],
    ['a broken preface', 'PRI * HTTP/2.0\r\n\r\nXX'],
    ['a preface and noise', Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.alloc(500, 0xff)])],
  ])('that hears %s closes that connection alone', async (_what, bytes) => {
    const socket = connect(receiver.ports[0] ?? 0, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(bytes)
    socket.resume()
    await once(socket, 'close')
    expect((await send()).status).toBe(200)
  })

  test('that is taken is named, and none of the others is kept', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const [free] = receiver.ports
    await receiver.close()
    await expect(start({ ports: [free ?? 0, port] })).rejects.toThrow(PortTakenError)
    receiver = await start({ ports: [free ?? 0] })
    expect(receiver.ports).toEqual([free])
    other.close()
  })

  test('is open on loopback alone, by its old and its new address', async () => {
    for (const host of ['127.0.0.1', '::1']) {
      const socket = connect(receiver.ports[0] ?? 0, host)
      await once(socket, 'connect')
      socket.destroy()
    }
    const socket = connect(receiver.ports[0] ?? 0, '127.0.0.2')
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })

  test('is closed at once, whoever is connected', async () => {
    const session = http2.connect(`http://127.0.0.1:${receiver.ports[0]}`)
    session.on('error', () => {})
    await once(session, 'connect')
    const closed = once(session, 'close')
    await receiver.close()
    await closed
  })
})
