import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { UndiciInstrumentation, type UndiciInstrumentationConfig } from '@opentelemetry/instrumentation-undici'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { withHttpHooks } from '../../../src/instrumentation/http/http-hooks.js'
import { withOurUndici } from '../../../src/instrumentation/http-client/undici.js'
import type { InstrumentationClass } from '../../../src/instrumentation/instrumentation-class.js'
import type { EndedSpans } from '../../tracer/ended-spans.js'
import { answering, facts, followTraces, spansOf } from './traced-clients.js'

const Ours = withOurUndici(UndiciInstrumentation as unknown as InstrumentationClass)

const started: UndiciInstrumentation[] = []

/** Listens to the `fetch` of this process until the test is over. */
function spansOfFetch(config: UndiciInstrumentationConfig = {}, Class: unknown = Ours): EndedSpans {
  const all = Class === Ours ? withHttpHooks('undici', config, {}) : config
  const instrumentation = new (Class as new (config: object) => UndiciInstrumentation)(all)
  started.push(instrumentation)
  return spansOf(instrumentation)
}

beforeAll(followTraces)
afterEach(() => {
  for (const one of started.splice(0)) one.disable()
  vi.restoreAllMocks()
})

const body = async (url: string, init?: RequestInit): Promise<unknown> =>
  fetch(url, { redirect: 'manual', ...init })
    .then((response) => response.text())
    .catch(String)

/** What upstream has otherwise: it writes the method in any case, and the question mark of a query. */
function likeOurs(span: ReadableSpan): object {
  const { 'http.request.method_original': original, 'url.query': query, ...attributes } = span.attributes
  const isOther = original !== attributes['http.request.method']
  const like = {
    ...attributes,
    ...(isOther && { 'http.request.method_original': original }),
    'url.query': String(query).replace('?', ''),
  }
  return facts({
    ...span,
    name: span.name,
    kind: span.kind,
    status: span.status,
    events: span.events,
    attributes: like,
  })
}

const CALLS: Record<string, (port: number) => [string, RequestInit?]> = {
  'a path': (port) => [`http://127.0.0.1:${port}/200`],
  'no path': (port) => [`http://127.0.0.1:${port}`],
  'a query': (port) => [`http://127.0.0.1:${port}/200?a=1&b=%20c`],
  'dots and escapes': (port) => [`http://127.0.0.1:${port}/200/a.b/%7Ec/..%2fd/;e=1/@f`],
  'a body and a user agent': (port) => [
    `http://127.0.0.1:${port}/200`,
    { method: 'post', body: 'a', headers: { 'User-Agent': 't/1' } },
  ],
  'an odd method': (port) => [`http://127.0.0.1:${port}/200`, { method: 'PROPFIND' }],
  'a redirect': (port) => [`http://127.0.0.1:${port}/302`],
  'an error of the client': (port) => [`http://127.0.0.1:${port}/404`],
  'an error of the server': (port) => [`http://127.0.0.1:${port}/503`],
}

test.each(Object.entries(CALLS))('the span of a fetch is that which upstream makes: %s', async (_name, argsOf) => {
  await using server = await answering()
  const ours = spansOfFetch()
  const theirs = spansOfFetch({}, UndiciInstrumentation)
  await body(...argsOf(server.port))
  await vi.waitFor(() => expect([ours.ended.length, theirs.ended.length]).toEqual([1, 1]))
  expect(facts(ours.only)).toStrictEqual(likeOurs(theirs.only))
})

test('upstream has what is reached into', () => {
  const inside = new UndiciInstrumentation({ enabled: false })
  for (const name of ['onRequestCreated', 'onRequestHeaders', 'onResponseHeaders', 'onDone', 'onError']) {
    expect(UndiciInstrumentation.prototype).toHaveProperty(`${name}.length`, 1)
  }
  expect(inside).toHaveProperty('_httpClientDurationHistogram.record')
})

test('errors have a type that is a text; what the app has cancelled is none', async () => {
  await using server = await answering()
  const spans = spansOfFetch()
  await body('http://127.0.0.1:2/')
  await body(`http://127.0.0.1:${server.port}/breaks`)
  await body(`http://127.0.0.1:${server.port}/hangs`, { signal: AbortSignal.timeout(5) })
  const cancelled = new AbortController()
  const before = server.seen.length
  const waiting = body(`http://127.0.0.1:${server.port}/hangs`, { signal: cancelled.signal })
  await vi.waitFor(() => expect(server.seen).toHaveLength(before + 1))
  cancelled.abort()
  await waiting
  await vi.waitFor(() => expect(spans.ended).toHaveLength(4))
  expect(spans.ended.map(({ attributes, status }) => [attributes['error.type'], status.code])).toEqual([
    ['ECONNREFUSED', 2],
    ['UND_ERR_SOCKET', 2],
    ['TimeoutError', 2],
    [undefined, 0],
  ])
})

test('hooks and options of the app hold, and what a hook throws is logged', async () => {
  await using server = await answering()
  const calls: string[] = []
  const spans = spansOfFetch({
    ignoreRequestHook: ({ path }) => path === '/204',
    startSpanHook: ({ method }) => ({ 'app.method': method }),
    requestHook: () => void calls.push('request'),
    responseHook: (_span, { response }) => void calls.push(`response ${response.statusCode}`),
    headersToSpanAttributes: { requestHeaders: ['X-A'], responseHeaders: ['x-answer', 'Set-Cookie'] },
  })
  await body(`http://127.0.0.1:${server.port}/204`)
  expect([spans.started, server.seen[0]?.includes('traceparent')]).toEqual([[], false])
  await body(`http://127.0.0.1:${server.port}/200`, { headers: { 'x-a': '1' } })
  await vi.waitFor(() => expect(spans.ended).toHaveLength(1))
  expect(calls).toEqual(['request', 'response 200'])
  expect(spans.only.attributes).toMatchObject({
    'app.method': 'GET',
    'http.request.header.x-a': ['1'],
    'http.response.header.x-answer': ['a'],
    'http.response.header.set-cookie': ['a=1', 'b=2'],
  })
  const logged: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => logged.push(String(text)) > 0)
  const fail = (): never => {
    throw new Error('of the hook')
  }
  const failing = spansOfFetch({ ignoreRequestHook: fail, startSpanHook: fail, requestHook: fail, responseHook: fail })
  expect(await body(`http://127.0.0.1:${server.port}/200`)).toBe('done')
  await vi.waitFor(() => expect(failing.ended).toHaveLength(1))
  expect(logged).toHaveLength(4)
})

test('a request needs a parent where that is asked for', async () => {
  await using server = await answering()
  const spans = spansOfFetch({ requireParentforSpans: true })
  await body(`http://127.0.0.1:${server.port}/200`)
  expect(spans.started).toEqual([])
  const parent = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 })
  await context.with(trace.setSpan(ROOT_CONTEXT, parent), () => body(`http://127.0.0.1:${server.port}/200`))
  await vi.waitFor(() => expect(spans.only.parentSpanContext?.spanId).toBe('b'.repeat(16)))
})

describe('trace headers that the app has injected by hand make way for those that are added', () => {
  const created = (request: object, given = ROOT_CONTEXT): void => {
    const instrumentation = new Ours(withHttpHooks('undici', { enabled: true }, {}))
    started.push(instrumentation as unknown as UndiciInstrumentation)
    spansOf(instrumentation)
    const { onRequestCreated } = instrumentation as unknown as { onRequestCreated: (message: object) => void }
    context.with(given, () => onRequestCreated.call(instrumentation, { request }))
  }

  test.each([
    [
      ['X-A', '1', 'TraceParent', 'stale', 'baggage', 'a=1'],
      /^\["X-A","1","baggage","a=1","traceparent","00-[\da-f-]+"\]$/,
    ],
    // Of undici 5.
    [
      'X-A: 1\r\nTraceParent: stale\r\nbaggage: a=1\r\n',
      /^"X-A: 1\\r\\nbaggage: a=1\\r\\ntraceparent: 00-[\da-f-]+\\r\\n"$/,
    ],
  ])('of headers %j', (headers, left) => {
    const request = { origin: 'http://a', method: 'GET', path: '/', headers }
    created(request)
    expect(JSON.stringify(request.headers)).toMatch(left)
  })

  test('and stay where there is none to be added', () => {
    vi.spyOn(propagation, 'inject').mockReturnValue()
    const request = { origin: 'http://a', method: 'GET', path: '/', headers: ['traceparent', 'own'] }
    created(request)
    expect(request.headers).toEqual(['traceparent', 'own'])
  })
})
