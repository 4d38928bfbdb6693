import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { HttpInstrumentation, type HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http'
import {
  MeterProvider,
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { EventEmitter } from 'node:events'
import http, { Agent, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { withHttpHooks } from '../../../src/instrumentation/http/http-hooks.js'
import { withOutcomes } from '../../../src/instrumentation/http/http-outcomes.js'
import type { HttpInstrumentationInside, Request } from '../../../src/instrumentation/http/http-upstream.js'
import { withOutgoingRequests } from '../../../src/instrumentation/http-client/outgoing-requests.js'
import type { EndedSpans } from '../../tracer/ended-spans.js'
import { answering, facts, followTraces, spansOf } from './traced-clients.js'

const Ours = withOutgoingRequests(withOutcomes(HttpInstrumentation))

interface Client {
  readonly request: (...args: unknown[]) => ClientRequest
  readonly spans: EndedSpans
  readonly instrumentation: HttpInstrumentation
}

/** Our class; `byUpstream`: an option is on that it leaves to upstream's code, which it changes nothing for. */
function client(config: HttpInstrumentationConfig = {}, byUpstream = false): Client {
  const all = { ...config, enabled: false, ...(byUpstream && { enableSyntheticSourceDetection: true }) }
  const instrumentation = new Ours(withHttpHooks('http', all, {})) as unknown as HttpInstrumentation
  const spans = spansOf(instrumentation)
  const inside = instrumentation as unknown as HttpInstrumentationInside
  const request = inside._outgoingRequestFunction('http', http.request as unknown as Request)
  return { request: (...args) => request.apply(http, args) as ClientRequest, spans, instrumentation }
}

beforeAll(followTraces)

/** Sends it; until the response, or the request, is closed. */
const sent = (send: () => ClientRequest): Promise<unknown> =>
  new Promise((resolve) => {
    const request = send()
    request.on('error', resolve)
    request.on('response', (response: IncomingMessage) => response.resume().on('error', resolve).on('close', resolve))
    request.on('upgrade', (_response, socket) => resolve(socket.destroy()))
    request.end()
  })

type Call = (port: number) => unknown[]

const CALLS: Record<string, Call> = {
  options: (port) => [{ host: '127.0.0.1', port, path: '/200' }],
  'options with a hostname': (port) => [{ hostname: '127.0.0.1', port, path: '/200', method: 'post' }],
  'a port as text, no path': (port) => [{ host: '127.0.0.1', port: String(port) }],
  'a text': (port) => [`http://127.0.0.1:${port}/200#part`],
  'a text with a query and a password': (port) => [`http://name:pass@127.0.0.1:${port}/200?a=1&token=secret&b`],
  'a URL': (port) => [new URL(`http://127.0.0.1:${port}/200?a=1`)],
  'a URL and options': (port) => [new URL(`http://127.0.0.1:${port}/200`), { method: 'PUT', headers: { 'X-A': '1' } }],
  'headers with a user agent': (port) => [{ host: '127.0.0.1', port, headers: { 'User-Agent': 'test/1' } }],
  'headers in an array': (port) => [{ host: '127.0.0.1', port, headers: ['Host', 'a', 'X-A', '1'] }],
  'an odd method': (port) => [{ host: '127.0.0.1', port, method: 'PROPFIND' }],
  credentials: (port) => [{ host: '127.0.0.1', port, auth: 'a:b' }],
  'a redirect': (port) => [`http://127.0.0.1:${port}/302`],
  'an error of the client': (port) => [`http://127.0.0.1:${port}/404`],
  'an error of the server': (port) => [`http://127.0.0.1:${port}/503`],
  'an answer that breaks off': (port) => [`http://127.0.0.1:${port}/breaks`],
  'nobody who answers': () => ['http://127.0.0.1:1/'],
  'a cancelled request': (port) => [`http://127.0.0.1:${port}/hangs`, { signal: AbortSignal.abort() }],
  'a time-out': (port) => [`http://127.0.0.1:${port}/hangs`, { signal: AbortSignal.timeout(5) }],
  'an upgrade': (port) => [{ host: '127.0.0.1', port, headers: { Connection: 'upgrade', Upgrade: 'echo' } }],
  'a head in advance': (port) => [{ host: '127.0.0.1', port, headers: { Expect: '100-continue' } }],
}

describe('the span of a request is that which upstream makes, and so are its headers', () => {
  test.each(Object.entries(CALLS))('%s', async (_name, argsOf) => {
    const seen = async (byUpstream: boolean): Promise<object> => {
      await using server = await answering()
      const { request, spans } = client({}, byUpstream)
      await sent(() => request(...argsOf(server.port)))
      await vi.waitFor(() => expect(spans.ended).toHaveLength(1))
      const { traceId, spanId } = spans.only.spanContext()
      const [headers = []] = server.seen
      const text = JSON.stringify([facts(spans.only), headers]).replaceAll(String(server.port), '0')
      return JSON.parse(text.replaceAll(traceId, 'TRACE').replaceAll(spanId, 'SPAN')) as object
    }
    expect(await seen(false)).toStrictEqual(await seen(true))
  })

  test('headers that the app has, and each option, come to Node.js as they were', async () => {
    await using server = await answering()
    const { request } = client()
    const headers = { 'X-A': ['1', '2'], TraceParent: 'stale' }
    const agent = new Agent()
    const options: RequestOptions = { host: '127.0.0.1', port: server.port, headers, agent }
    await sent(() => request(options))
    expect(headers).toEqual({ 'X-A': ['1', '2'], TraceParent: 'stale' })
    expect(Object.keys(options)).toEqual(['host', 'port', 'headers', 'agent'])
    expect(server.seen[0]?.filter((one) => one.toLowerCase() === 'traceparent')).toHaveLength(1)
    expect(server.seen[0]).not.toContain('stale')
  })
})

test('callbacks and listeners run in the context of the caller, and are found to be removed', async () => {
  await using server = await answering()
  const { request } = client()
  const parent = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 })
  const seen: unknown[] = []
  const note = (): unknown => seen.push(trace.getActiveSpan() === parent)
  const removed = vi.fn()
  await context.with(trace.setSpan(ROOT_CONTEXT, parent), () =>
    sent(() => {
      const one = request(`http://127.0.0.1:${server.port}/200`, undefined, note)
      one.on('response', note).once('close', note).on('socket', removed).off('socket', removed)
      return one.on('response', (response: IncomingMessage) => response.once('end', note))
    }),
  )
  await vi.waitFor(() => expect(seen).toHaveLength(4))
  expect(seen).toEqual([true, true, true, true])
  expect(removed).not.toHaveBeenCalled()
})

test('an answer that nobody listens to is read by Node.js, and its span ends', async () => {
  await using server = await answering()
  const { request, spans } = client()
  request(`http://127.0.0.1:${server.port}/200`).end()
  await vi.waitFor(() => expect(spans.only.attributes['http.response.status_code']).toBe(200))
})

test.each([false, true])(
  "hooks of the app are called, and what they throw is not the request's (upstream: %s)",
  async (byUpstream) => {
    await using server = await answering()
    const calls: string[] = []
    const note = (name: string) => (): void => void calls.push(name)
    const { request, spans } = client(
      {
        ignoreOutgoingRequestHook: ({ path }) => path === '/204',
        startOutgoingSpanHook: ({ method }) => ({ 'app.method': method ?? 'none' }),
        requestHook: note('request'),
        responseHook: note('response'),
        applyCustomAttributesOnSpan: note('end'),
        headersToSpanAttributes: { client: { requestHeaders: ['X-A'], responseHeaders: ['x-answer', 'Set-Cookie'] } },
      },
      byUpstream,
    )
    const to = { host: '127.0.0.1', port: server.port, headers: { 'x-a': '1' } }
    await sent(() => request({ ...to, path: '/204' }))
    expect([spans.started, server.seen[0]?.includes('traceparent')]).toEqual([[], false])
    await sent(() => request({ ...to, path: '/200' }))
    expect(calls).toEqual(['request', 'response', 'end'])
    expect(spans.only.attributes).toMatchObject({
      'app.method': 'none',
      'http.request.header.x-a': ['1'],
      'http.response.header.x-answer': ['a'],
      'http.response.header.set-cookie': ['a=1', 'b=2'],
    })
    const fail = (): never => {
      throw new Error('of the hook')
    }
    const failing = client(
      { ignoreOutgoingRequestHook: fail, startOutgoingSpanHook: fail, requestHook: fail, responseHook: fail },
      byUpstream,
    )
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    await sent(() => failing.request({ ...to, path: '/200' }))
    vi.restoreAllMocks()
    expect(failing.spans.only.attributes).toMatchObject({ 'http.response.status_code': 200 })
  },
)

test.each([false, true])(
  'a request needs a parent where that is asked for, and none is made below suppression (upstream: %s)',
  async (byUpstream) => {
    await using server = await answering()
    const { request, spans } = client({ requireParentforOutgoingSpans: true }, byUpstream)
    await sent(() => request(`http://127.0.0.1:${server.port}/200`))
    await context.with(suppressTracing(ROOT_CONTEXT), () => sent(() => request(`http://127.0.0.1:${server.port}/200`)))
    expect(spans.started).toEqual([])
    const parent = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 })
    await context.with(trace.setSpan(ROOT_CONTEXT, parent), () =>
      sent(() => request(`http://127.0.0.1:${server.port}/200`)),
    )
    expect(spans.only.parentSpanContext?.spanId).toBe('b'.repeat(16))
  },
)

test.each([
  [['https://a/b?c=1'], { protocol: 'https:', hostname: 'a', path: '/b?c=1' }, 'https://a/b?c=1'],
  [
    [new URL('https://na%20me:p%40ss@a:8443/b')],
    { port: 8443, auth: 'na me:p@ss' },
    'https://REDACTED:REDACTED@a:8443/b',
  ],
  [[{ host: 'a', path: '/b' }], { protocol: 'https:', port: 443 }, 'https://a/b'],
  [[{ host: 'a', defaultPort: 8443 }], { protocol: 'https:', port: 8443 }, 'https://a:8443/'],
  [[{ hostname: '::1', port: 8443 }], { hostname: '::1' }, 'https://[::1]:8443/'],
])('a request by https, %j, comes to Node.js with its protocol and port', (args, expected, url) => {
  const { instrumentation, spans } = client()
  const seen: object[] = []
  const inside = instrumentation as unknown as HttpInstrumentationInside & {
    _getPatchHttpsOutgoingRequestFunction(scheme: 'https'): (original: Request) => Request
  }
  const original: Request = (options) => {
    seen.push(options as object)
    return new EventEmitter()
  }
  const given = JSON.stringify(args)
  inside
    ._getPatchHttpsOutgoingRequestFunction('https')(original)
    .call(undefined, ...args)
  expect(seen).toMatchObject([{ ...expected, headers: { traceparent: expect.any(String) as string } }])
  expect(spans.started[0]?.attributes['url.full']).toBe(url)
  expect(JSON.stringify(args)).toBe(given)
})

test('what Node.js throws at the call is thrown, and the span has it', () => {
  const { request, spans } = client()
  expect(() => request({ host: '127.0.0.1', path: '/with space' })).toThrow(/unescaped/)
  expect(() => request('no URL')).toThrow(/Invalid URL/)
  expect(spans.ended[0]?.attributes).toMatchObject({ 'error.type': 'ERR_UNESCAPED_CHARACTERS' })
})

test('the duration of requests is measured with the same attributes', async () => {
  const measured = async (byUpstream: boolean): Promise<unknown> => {
    await using server = await answering()
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const readers = [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1_000_000 })]
    const provider = new MeterProvider({ readers })
    const { request, instrumentation, spans } = client({}, byUpstream)
    instrumentation.setMeterProvider(provider)
    for (const path of ['/200', '/503', '/breaks']) await sent(() => request(`http://127.0.0.1:${server.port}${path}`))
    await sent(() => request('http://127.0.0.1:1/'))
    await vi.waitFor(() => expect(spans.ended).toHaveLength(4))
    await provider.forceFlush()
    const [metrics] = exporter.getMetrics()
    const points = metrics?.scopeMetrics.flatMap((scope) => scope.metrics.flatMap((one) => one.dataPoints as unknown[]))
    await provider.shutdown()
    const attributes = points?.map((point) => (point as { attributes: object }).attributes)
    return JSON.parse(JSON.stringify(attributes).replaceAll(String(server.port), '0')) as unknown
  }
  const ours = await measured(false)
  expect(ours).toHaveLength(4)
  expect(ours).toEqual(await measured(true))
})
