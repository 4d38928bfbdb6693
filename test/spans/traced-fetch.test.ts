import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tracedFetch } from '../../src/spans/http-span.js'
import { withSpan } from '../../src/spans/with-span.js'
import { TestTracing } from './tracing.js'

interface Seen {
  method: string
  headers: IncomingHttpHeaders
  body: string
}

let server: Server
let origin: string

/** Tells what it has seen, with the status that the path asks for; `/never` gets no answer. */
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/never') return
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', headers } = request
      response.statusCode = Number(request.url?.slice(1)) || 200
      response.end(JSON.stringify({ method, headers, body: Buffer.concat(chunks).toString() } satisfies Seen))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

async function seen(...args: Parameters<typeof fetch>): Promise<Seen> {
  const response = await tracedFetch(...args)
  return (await response.json()) as Seen
}

test('a call is one CLIENT span, and the server gets its context', async () => {
  const tracing = new TestTracing()
  const { headers } = await withSpan('outer', () => seen(origin))
  const span = tracing.named('GET')
  expect(tracing.names).toEqual(['GET', 'outer'])
  expect(span.kind).toBe(SpanKind.CLIENT)
  expect(span.parentSpanContext?.spanId).toBe(tracing.named('outer').spanContext().spanId)
  expect(headers.traceparent).toContain(span.spanContext().spanId)
  expect(span.attributes).toMatchObject({ 'http.response.status_code': 200, 'url.full': `${origin}/` })
})

test('a call is one span also where fetch is instrumented, and has one traceparent', async () => {
  const tracing = new TestTracing()
  const instrumentation = new UndiciInstrumentation()
  try {
    const plain = await fetch(origin)
    await plain.text()
    expect(tracing.names).toEqual(['GET'])
    const { headers } = await seen(origin)
    expect(tracing.ended.map(({ instrumentationScope }) => instrumentationScope.name)).toEqual([
      '@opentelemetry/instrumentation-undici',
      'spanwright',
    ])
    expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  } finally {
    instrumentation.disable()
  }
})

test.each<[string, () => Parameters<typeof fetch>]>([
  ['an object', () => [origin, { headers: { 'x-user': 'ann', accept: 'text/plain' } }]],
  [
    'pairs',
    () => [
      origin,
      {
        headers: [
          ['x-user', 'ann'],
          ['accept', 'text/plain'],
        ],
      },
    ],
  ],
  ['Headers', () => [origin, { headers: new Headers({ 'x-user': 'ann', accept: 'text/plain' }) }]],
  ['a Request', () => [new Request(origin, { headers: { 'x-user': 'ann', accept: 'text/plain' } })]],
  ['a Request as options', () => [origin, new Request(origin, { headers: { 'x-user': 'ann', accept: 'text/plain' } })]],
  [
    'a Request and options, which replace its headers',
    () => [new Request(origin, { headers: { lost: 'x' } }), { headers: { 'x-user': 'ann', accept: 'text/plain' } }],
  ],
  ['a URL', () => [new URL(origin), { headers: { 'x-user': 'ann', accept: 'text/plain' } }]],
])('the headers of the caller arrive, with the trace: %s', async (_name, args) => {
  new TestTracing()
  const { headers } = await seen(...args())
  expect(headers).toMatchObject({ 'x-user': 'ann', accept: 'text/plain', traceparent: expect.any(String) as string })
  expect(headers.lost).toBeUndefined()
})

test('a traceparent that the caller has set stays', async () => {
  new TestTracing()
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  expect((await seen(origin, { headers: { traceparent } })).headers.traceparent).toBe(traceparent)
})

test('the options of the caller are left as they are', async () => {
  new TestTracing()
  const options = Object.freeze({ headers: Object.freeze({ 'x-user': 'ann' }) })
  await seen(origin, options)
  expect(options).toEqual({ headers: { 'x-user': 'ann' } })
})

test.each<[string, () => Parameters<typeof fetch>]>([
  ['options', () => [origin, { method: 'post', body: 'text' }]],
  ['a Request', () => [new Request(origin, { method: 'POST', body: 'text' })]],
  ['a Request as options', () => [origin, new Request(origin, { method: 'POST', body: 'text' })]],
])('method and body arrive: %s', async (_name, args) => {
  const tracing = new TestTracing()
  expect(await seen(...args())).toMatchObject({ method: 'POST', body: 'text' })
  expect(tracing.named('POST').attributes).not.toHaveProperty('http.request.method_original')
})

test('a status of 400 and more sets ERROR, and the response comes back', async () => {
  const tracing = new TestTracing()
  const response = await tracedFetch(`${origin}/404`)
  expect(response.status).toBe(404)
  expect(tracing.named('GET')).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { 'error.type': '404' },
  })
})

test.each<[string, (signal: AbortSignal) => Parameters<typeof fetch>]>([
  ['options', (signal) => [`${origin}/never`, { signal }]],
  ['a Request', (signal) => [new Request(`${origin}/never`, { signal })]],
])('an abort by the signal of the request is no error: %s', async (_name, args) => {
  const tracing = new TestTracing()
  const controller = new AbortController()
  const result = tracedFetch(...args(controller.signal))
  controller.abort()
  await expect(result).rejects.toMatchObject({ name: 'AbortError' })
  expect(tracing.named('GET')).toMatchObject({ status: { code: SpanStatusCode.UNSET }, events: [] })
})

test('a server that cannot be reached is an error, with its cause', async () => {
  const tracing = new TestTracing()
  await expect(tracedFetch('http://127.0.0.1:1')).rejects.toThrow('fetch failed')
  const span = tracing.named('GET')
  expect(span.status.code).toBe(SpanStatusCode.ERROR)
  expect(span.events[0]?.attributes?.['exception.stacktrace']).toMatch(
    /Caused by: Error: (bad port|connect ECONNREFUSED)/,
  )
})

test('what fetch refuses rejects, and does not throw', async () => {
  new TestTracing()
  const results = [tracedFetch('/relative'), tracedFetch(origin, { headers: { 'not a name': 'x' } })]
  for (const result of results) await expect(result).rejects.toBeInstanceOf(TypeError)
})
