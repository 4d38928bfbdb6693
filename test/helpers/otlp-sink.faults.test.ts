import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeCertificates } from './certificates.js'
import { otlpSink, type OtlpSink } from './otlp-sink.js'
import { frame } from './otlp-sink/grpc-frame.js'
import { call, post, requestOf, type RawRequest } from './otlp-sink/raw-client.js'
import { stockExporter } from './otlp-sink/stock-tracing.js'

let sink: OtlpSink
beforeEach(async () => {
  sink = await otlpSink()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await sink.close()
})

const JSON_TYPE = { 'content-type': 'application/json' }

function json(value: unknown): RawRequest {
  return { headers: JSON_TYPE, body: Buffer.from(JSON.stringify(value)) }
}

function jsonSpan(fields: object): RawRequest {
  const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), name: 'x', ...fields }
  return json({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
}

/** One resource_spans › scope_spans › span, around the bytes of a span's fields. */
function protobufSpan(...fields: number[]): Buffer {
  return [0x12, 0x12, 0x0a].reduce((inner, tag) => Buffer.from([tag, inner.length, ...inner]), Buffer.from(fields))
}

const IDS = [0x0a, 16, ...Array<number>(16).fill(1), 0x12, 8, ...Array<number>(8).fill(1)]

describe('over HTTP', () => {
  test.each<[string, RawRequest, number, RegExp]>([
    ['another path', { path: '/v1/profiles' }, 404, /\/v1\/profiles/],
    ['another method', { method: 'GET' }, 405, /GET/],
    ['an unknown content type', { headers: { 'content-type': 'text/plain' } }, 415, /text\/plain/],
    ['an unknown encoding', { headers: { 'content-encoding': 'br' } }, 400, /"br"/],
    ['a body that is not gzip', { headers: { 'content-encoding': 'gzip' } }, 400, /gzip/],
    ['a cut body', { body: requestOf(1).subarray(0, -1) }, 400, /protobuf/],
    ['a text that is not UTF-8', { body: protobufSpan(...IDS, 0x2a, 1, 0xff) }, 400, /utf-8/],
    ['a short trace id', { body: protobufSpan(0x0a, 1, 1) }, 400, /trace id must have 16 bytes, has 1/],
    ['a body that is not JSON', { headers: JSON_TYPE, body: Buffer.from('{') }, 400, /JSON/],
    ['JSON that is not UTF-8', { headers: JSON_TYPE, body: Buffer.from([0x7b, 0x22, 0xff]) }, 400, /encoded data/],
    ['ids in base64', jsonSpan({ traceId: 'q6urq6urq6urq6urq6urqw==' }), 400, /traceId must be hex/],
    ['an enum by name', jsonSpan({ kind: 'SPAN_KIND_SERVER' }), 400, /kind must be an integer/],
    ['an integer with a fraction', jsonSpan({ flags: 1.5 }), 400, /flags/],
    ['an integer out of range', jsonSpan({ flags: 2 ** 32 }), 400, /out of range/],
    ['a list that is none', jsonSpan({ events: {} }), 400, /events must be an array/],
    ['a message that is none', json([]), 400, /must be an object/],
  ])('%s is refused and kept as a fault', async (_what, request, status, reason) => {
    const response = await post(sink, request)
    expect(response.status).toBe(status)
    expect(sink.requests).toEqual([])
    expect(sink.faults).toMatchObject([{ server: 'http', reason: expect.stringMatching(reason) as string }])
  })

  test.each<[string, RawRequest, RegExp]>([
    ['an unknown field', { body: protobufSpan(...IDS, 0x8a, 1, 0) }, /unknown field 17 in .*spans\[0\]$/],
    ['an unknown JSON key', jsonSpan({ trace_state: 'a=1' }), /unknown key .*spans\[0\]\.trace_state/],
    ['an unknown kind', jsonSpan({ kind: 6 }), /kind 6 is unknown/],
    ['an unknown status code', jsonSpan({ status: { code: 3 } }), /status code 3 is unknown/],
    ['a trace id of zeros', jsonSpan({ traceId: '0'.repeat(32) }), /the trace id is zero/],
    ['an attribute that comes twice', jsonSpan({ attributes: [{ key: 'k' }, { key: 'k' }] }), /k is there twice/],
  ])('%s is a fault, though servers take it', async (_what, request, reason) => {
    expect((await post(sink, request)).status).toBe(200)
    expect(sink.spans()).toHaveLength(1)
    expect(sink.faults).toMatchObject([{ reason: expect.stringMatching(reason) as string }])
  })

  test('a 64-bit integer in JSON is exact as a string and as a number', async () => {
    const values = ['"9223372036854775807"', '9223372036854775807', '-9223372036854775808']
    const attributes = values.map((value, index) => `{"key":"${index}","value":{"intValue":${value}}}`)
    const { body } = jsonSpan({ attributes: [] })
    const text = String(body).replace('"attributes":[]', `"attributes":[${attributes.join()}]`)
    await post(sink, { headers: JSON_TYPE, body: Buffer.from(text) })
    expect(sink.faults).toEqual([])
    expect(sink.spans()[0]?.attributes).toEqual({ 0: 2n ** 63n - 1n, 1: 2n ** 63n - 1n, 2: -(2n ** 63n) })
  })

  test('a request that breaks off is a fault', async () => {
    const socket = connect(Number(new URL(sink.httpUrl).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write('POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345')
    socket.end()
    await once(socket.resume(), 'close')
    expect(sink.faults).toMatchObject([{ reason: expect.stringMatching(/broke off/) as string }])
  })

  test('a gRPC client on the HTTP port is a fault', async () => {
    await expect(call({ ...sink, grpcUrl: sink.httpUrl })).rejects.toThrow()
    expect(sink.faults).toMatchObject([{ server: 'http', reason: expect.stringMatching(/Parse Error/) as string }])
  })
})

describe('over gRPC', () => {
  const message = requestOf(1)
  const flagged = Buffer.concat([Buffer.from([1]), frame(gzipSync(message)).subarray(1)])
  test.each<[string, RawRequest, string, RegExp]>([
    ['another method', { path: '/x.Y/Z' }, '12', /\/x\.Y\/Z/],
    ['no te header', { headers: { te: undefined } }, '13', /te header/],
    ['no frame', { body: Buffer.alloc(3) }, '13', /3 bytes/],
    ['a frame that is too short', { body: frame(message).subarray(0, -1) }, '13', /announces/],
    ['two messages', { body: Buffer.concat([frame(message), frame(message)]) }, '13', /announces/],
    ['compression nobody named', { body: flagged }, '13', /does not say how/],
    ['unknown compression', { body: flagged, headers: { 'grpc-encoding': 'br' } }, '12', /br/],
    ['a message that is not protobuf', { body: frame(Buffer.from([0xff])) }, '13', /protobuf/],
    ['a message over 4 MiB', { body: frame(Buffer.alloc(4 * 2 ** 20 + 1)) }, '8', /larger than max/],
  ])('%s is refused and kept as a fault', async (_what, request, status, reason) => {
    const { httpStatus, metadata } = await call(sink, request)
    expect([httpStatus, metadata['grpc-status']]).toEqual([200, status])
    expect(sink.requests).toEqual([])
    expect(sink.faults).toMatchObject([{ server: 'grpc', reason: expect.stringMatching(reason) as string }])
  })

  test('another content type is refused by HTTP itself', async () => {
    const { httpStatus } = await call(sink, { headers: { 'content-type': 'application/json' } })
    expect(httpStatus).toBe(415)
    expect(sink.faults).toMatchObject([{ reason: 'content-type "application/json"' }])
  })

  test('an HTTP/1.1 client on the gRPC port is a fault', async () => {
    await expect(post({ ...sink, httpUrl: sink.grpcUrl })).rejects.toThrow()
    expect(sink.faults).toMatchObject([{ server: 'grpc' }])
  })

  test('gzip with its header is taken', async () => {
    const { metadata } = await call(sink, { body: flagged, headers: { 'grpc-encoding': 'gzip' } })
    expect(metadata['grpc-status']).toBe('0')
    expect(sink.faults).toEqual([])
    expect(sink.requests).toMatchObject([{ compression: 'gzip', bytes: gzipSync(message).length, body: message }])
  })
})

test.each(['grpc', 'http/protobuf'] as const)(
  'over mutual TLS a %s client without a certificate is turned away',
  async (protocol) => {
    await using certificates = await makeCertificates()
    await using strict = await otlpSink({ tls: certificates, mutualTls: true })
    vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', certificates.caPath)
    const exporter = stockExporter(protocol, strict, 200)
    const result = await new Promise<ExportResult>((resolve) => exporter.export([], resolve))
    await exporter.shutdown()
    expect(result.code).toBe(ExportResultCode.FAILED)
    expect(strict.requests).toEqual([])
    expect(strict.faults[0]?.reason).toMatch(/peer did not return a certificate/)
  },
)
