import { beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates } from '../../helpers/certificates.js'
import type { ReceivedSpan } from '../../helpers/otlp-sink.js'
import { CALLER } from '../../helpers/served-app.js'
import { runTracedApp, type TracedRun } from '../../helpers/traced-app.js'

let run: TracedRun
let handled: (readonly [what: string, traceId: string])[]

beforeAll(async () => {
  await using certificates = await makeCertificates()
  const { certificatePem, keyPem } = certificates.server
  run = await runTracedApp('http/servers.mjs', {
    env: {
      CERTIFICATE: certificatePem,
      KEY: keyPem,
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'net,dns',
      SPANWRIGHT_TRACE_RESPONSE_HEADERS: 'traceresponse',
    },
    timeoutMillis: 20_000,
  })
  expect(run.said.filter((line) => !line.includes('NODE_TLS'))).toEqual([])
  handled = JSON.parse(run.stdout) as typeof handled
})

const traceOf = (what: string): string | undefined => handled.find(([name]) => name === what)?.[1]

const serverSpans = (path: string): ReceivedSpan[] =>
  run.spans.filter(({ kind, attributes }) => kind === 'SERVER' && attributes['url.path'] === path)
const serverSpan = (path: string): ReceivedSpan => theOnly(path, serverSpans(path))
function theOnly(path: string, spans: readonly ReceivedSpan[]): ReceivedSpan {
  const [span] = spans
  if (!span || spans.length > 1) throw new Error(`${spans.length} spans of ${path}`)
  return span
}
const clientSpan = (path: string): ReceivedSpan => {
  const spans = run.spans.filter(({ kind, attributes }) => {
    return kind === 'CLIENT' && URL.parse((attributes['url.full'] ?? '') as string)?.pathname === path
  })
  return theOnly(path, spans)
}

describe('servers that were started inside of a span', () => {
  test('handle no request in its trace, and none in no trace', () => {
    const startedIn = traceOf('started in')
    const requests = handled.filter(([what]) => what.startsWith('/') && !what.endsWith('message'))
    expect(requests.length).toBeGreaterThan(8)
    for (const [what, traceId] of requests) {
      expect([what, traceId]).not.toEqual([what, startedIn])
      expect([what, traceId]).not.toEqual([what, 'none'])
    }
  })

  test('handle what comes over an upgraded socket in no trace: it would be one without end', () => {
    const messages = handled.filter(([what]) => what === '/ws message')
    expect(messages).toEqual([
      ['/ws message', 'none'],
      ['/ws message', 'none'],
    ])
  })
})

describe('HTTP/2', () => {
  test('has a server span for each request of the compatibility API, below the client span of the session', () => {
    const client = clientSpan('/compat/post')
    const server = serverSpan('/compat/post')
    expect(client).toMatchObject({ name: 'POST', traceId: traceOf('caller') })
    expect(client.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'network.protocol.version': '2',
      'user_agent.original': 'me',
    })
    expect(client.attributes['url.full']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/compat\/post\?a=1&sig=REDACTED$/)
    expect(server).toMatchObject({ name: 'POST', traceId: client.traceId, parentSpanId: client.spanId })
    expect(server.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'url.scheme': 'http',
      'url.query': 'a=1&sig=REDACTED',
      'network.protocol.version': '2',
      'server.address': '127.0.0.1',
      'user_agent.original': 'me',
    })
  })

  test('runs handlers, the listeners of requests, and those of answers, in the context of their span', () => {
    const caller = traceOf('caller')
    for (const what of ['/compat/post?a=1&sig=secret', '/compat/post?a=1&sig=secret body', 'answer to /compat/post']) {
      expect([what, traceOf(what)]).toEqual([what, caller])
    }
  })

  test('has a server span for each stream, in the trace that comes in', () => {
    expect(serverSpan('/streams')).toMatchObject({ name: 'GET', parentSpanId: clientSpan('/streams').spanId })
    expect(serverSpan('/streams').attributes['http.response.status_code']).toBe(201)
  })

  test('replaces stale headers, and counts 500 as an error on both sides', () => {
    const client = clientSpan('/compat/500')
    const server = serverSpan('/compat/500')
    expect(server.parentSpanId).toBe(client.spanId)
    for (const span of [client, server]) {
      expect(span.attributes).toMatchObject({ 'http.response.status_code': 500, 'error.type': '500' })
      expect(span.status.code).toBe('ERROR')
    }
  })

  test('says that a client has gone, and calls it no error of the client who meant it', () => {
    const server = serverSpan('/never')
    expect(server.attributes['error.type']).toBe('client_disconnected')
    expect(server.status.code).toBe('ERROR')
    const client = clientSpan('/never')
    expect(client.status.code).toBe('UNSET')
    for (const span of [client, server]) expect(span.attributes).not.toHaveProperty('http.response.status_code')
  })

  test('says by which code a stream was refused', () => {
    for (const span of [clientSpan('/streams/refused'), serverSpan('/streams/refused')]) {
      expect(span.attributes['error.type']).toMatch(/^(NGHTTP2_REFUSED_STREAM|ERR_HTTP2_STREAM_ERROR)$/)
      expect(span.status.code).toBe('ERROR')
    }
  })

  test('over TLS has both protocols that its server allows', () => {
    expect(serverSpan('/secure/two').attributes).toMatchObject({
      'url.scheme': 'https',
      'network.protocol.version': '2',
    })
    expect(serverSpan('/secure/one').attributes).toMatchObject({
      'url.scheme': 'https',
      'network.protocol.version': '1.1',
      'http.response.status_code': 200,
    })
  })
})

describe('upgrades', () => {
  test('have a span that ends with the handshake, below that of the client', () => {
    const server = serverSpan('/ws')
    const client = clientSpan('/ws')
    expect(server).toMatchObject({ name: 'GET', parentSpanId: client.spanId, status: { code: 'UNSET' } })
    expect(server.attributes['http.response.status_code']).toBe(101)
    expect(client.attributes['http.response.status_code']).toBe(101)
    expect(traceOf('/ws')).toBe(server.traceId)
  })

  test('that are turned away have the status that was written', () => {
    expect(serverSpan('/elsewhere').attributes['http.response.status_code']).toBe(400)
  })
})

test('CONNECT has a span that ends when the tunnel is there, and the request through it one of its own', () => {
  const server = run.spans.find(({ name }) => name === 'CONNECT')
  expect(server).toMatchObject({ kind: 'SERVER', traceId: CALLER.traceId, parentSpanId: CALLER.spanId })
  expect(server?.attributes['http.response.status_code']).toBe(200)
  expect(serverSpan('/through').traceId).not.toBe(CALLER.traceId)
})

test.each([
  ['/continued', 200],
  ['/refused', 417],
  ['/magic', 418],
])('a request that expects something first has one span: %s', (path, status) => {
  const server = serverSpan(path)
  expect(server).toMatchObject({ name: 'POST', traceId: CALLER.traceId, parentSpanId: CALLER.spanId })
  expect(server.attributes['http.response.status_code']).toBe(status)
})
