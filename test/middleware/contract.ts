import { propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { registerInstrumentations, type Instrumentation } from '@opentelemetry/instrumentation'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { createRequire } from 'node:module'
import { request as httpRequest } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { TraceResponseHeader } from '../../src/propagation/response-headers.js'
import { TestTracing } from '../spans/tracing.js'

const require = createRequire(import.meta.url)

/** A running app with the routes below, in the framework's own words. */
export interface App {
  readonly url: string
  close(): unknown
}

/** Options that all frameworks take; `ignore` gets the request's path. */
export interface AppOptions {
  readonly traceResponseHeaders?: readonly TraceResponseHeader[]
  readonly ignoredPath?: string
}

interface Seen {
  readonly traceId: string | undefined
  readonly tenant: string | undefined
}

interface Routes {
  order(id: string): Promise<Seen & { readonly id: string }>
  created(body: unknown): Seen & { readonly body: unknown }
  boom(): never
  readonly refused: Error
  stream(): AsyncGenerator<string>
  hang(): Promise<void>
}

/** What the routes of each app do. */
export const routes: Routes = {
  /** `GET /orders/:id`: what a handler sees of the trace, also after a while. */
  async order(id: string) {
    for (let i = 0; i < Number(id) % 7; i++) await turn()
    return { id, ...seen() }
  },
  /** `POST /orders`, with a JSON body that has been parsed. */
  created: (body: unknown) => ({ body, ...seen() }),
  /** `GET /boom` */
  boom(): never {
    throw new Error('boom', { cause: new Error('the reason') })
  },
  /** `GET /refused`: the framework is to answer 400. */
  refused: Object.assign(new Error('no'), { status: 400, statusCode: 400, expose: true }),
  /** `GET /stream`: `first`, and the rest when it is released. */
  async *stream() {
    yield 'first'
    await released.promise
    yield 'last'
  },
  /** `GET /hang`: never. */
  async hang() {
    hanging.resolve(undefined)
    await new Promise(() => {})
  },
}

let released = Promise.withResolvers<undefined>()
let hanging = Promise.withResolvers<undefined>()

function seen(): Seen {
  return {
    traceId: trace.getActiveSpan()?.spanContext().traceId,
    tenant: propagation.getActiveBaggage()?.getEntry('tenant')?.value,
  }
}

interface Contract {
  /** Starts the app; `require` is after the instrumentations have been enabled. */
  readonly serve: (options: AppOptions, require: NodeJS.Require) => Promise<App>
  /** Where the framework has more than the http instrumentation. */
  readonly instrumentations?: () => Instrumentation[]
  /** What the framework does not do. */
  readonly without?: readonly ('404' | 'head')[]
}

/** The same behaviour for each framework, as middleware alone and beside OpenTelemetry's instrumentations. */
export function describeMiddleware({ serve, instrumentations, without = [] }: Contract): void {
  const apps: App[] = []
  const enabled: Instrumentation[] = []

  afterEach(async () => {
    released.resolve(undefined)
    for (const app of apps.splice(0)) await app.close()
    for (const instrumentation of enabled.splice(0)) instrumentation.disable()
    released = Promise.withResolvers<undefined>()
    hanging = Promise.withResolvers<undefined>()
  })

  describe.each([
    ['as middleware alone', true],
    ['beside instrumentation', false],
  ])('%s', (_name, isAlone) => {
    const start = async (options: AppOptions = {}): Promise<{ url: string; tracing: TestTracing }> => {
      const tracing = new TestTracing()
      if (!isAlone) {
        // Once made, they are enabled; what they patch is what is required from then on.
        enabled.push(httpInstrumentation(), ...(instrumentations?.() ?? []))
        registerInstrumentations({ instrumentations: enabled })
        require('http')
      }
      const app = await serve(options, require)
      apps.push(app)
      return { url: app.url, tracing }
    }

    test('continues the trace, with its baggage, in a SERVER span named by the route', async () => {
      const { url, tracing } = await start()
      const traceId = '0af7651916cd43dd8448eb211c80319c'
      const headers = {
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
        baggage: 'tenant=blue',
        'user-agent': 'test/1',
      }
      const response = await fetch(`${url}/orders/3?page=2&sig=secret`, { headers })
      expect(await response.json()).toEqual({ id: '3', traceId, tenant: 'blue' })
      const span = await serverSpan(tracing)
      expect(span.name).toBe('GET /orders/:id')
      expect(span.spanContext().traceId).toBe(traceId)
      expect(span.parentSpanContext?.spanId).toBe('b7ad6b7169203331')
      expect(span.status.code).toBe(SpanStatusCode.UNSET)
      expect(span.attributes).toMatchObject({
        'http.request.method': 'GET',
        'http.route': '/orders/:id',
        'http.response.status_code': 200,
        'url.scheme': 'http',
        'url.path': '/orders/3',
        'url.query': 'page=2&sig=REDACTED',
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(url).port),
        'client.address': '127.0.0.1',
        'network.peer.address': '127.0.0.1',
        'network.protocol.version': '1.1',
        'user_agent.original': 'test/1',
      })
    })

    test('requests at the same time stay apart', async () => {
      const { url, tracing } = await start()
      const ids = Array.from({ length: 20 }, (_, index) => String(index))
      const answers = await Promise.all(
        ids.map(async (id) => (await fetch(`${url}/orders/${id}`)).json() as Promise<{ traceId: string }>),
      )
      expect(new Set(answers.map(({ traceId }) => traceId)).size).toBe(20)
      await vi.waitFor(() => expect(serverSpans(tracing)).toHaveLength(20))
      const paths = new Map(
        serverSpans(tracing).map((span) => [span.spanContext().traceId, span.attributes['url.path']]),
      )
      for (const [index, { traceId }] of answers.entries()) expect(paths.get(traceId)).toBe(`/orders/${index}`)
    })

    test('a handler is in the trace after its body has been parsed', async () => {
      const { url, tracing } = await start()
      const headers = { 'content-type': 'application/json', baggage: 'tenant=red' }
      // In two parts, the second of which comes from the socket's own context.
      const body = ReadableStream.from(
        (async function* () {
          yield Buffer.from('{"a":')
          await turn()
          await turn()
          yield Buffer.from('1}')
        })(),
      )
      const response = await fetch(`${url}/orders`, { method: 'POST', headers, body, duplex: 'half' })
      const answer = (await response.json()) as { traceId: string }
      const span = await serverSpan(tracing)
      expect(answer).toEqual({ body: { a: 1 }, tenant: 'red', traceId: span.spanContext().traceId })
      expect(span.name).toBe('POST /orders')
    })

    test('an unhandled error is recorded once, with its causes', async () => {
      const { url, tracing } = await start()
      const response = await fetch(`${url}/boom`)
      expect(response.status).toBe(500)
      const span = await serverSpan(tracing)
      expect(span.name).toBe('GET /boom')
      expect(span.status.code).toBe(SpanStatusCode.ERROR)
      expect(span.attributes['http.response.status_code']).toBe(500)
      const exceptions = span.events.filter(({ name }) => name === 'exception')
      expect(exceptions).toHaveLength(1)
      expect(exceptions[0]?.attributes?.['exception.message']).toBe('boom')
      expect(exceptions[0]?.attributes?.['exception.stacktrace']).toContain('Caused by: Error: the reason')
      if (isAlone) expect(span.status.message).toBe('boom')
    })

    test('a thrown error that is answered with 4xx is none of ours', async () => {
      const { url, tracing } = await start()
      expect((await fetch(`${url}/refused`)).status).toBe(400)
      const span = await serverSpan(tracing)
      expect(span.status.code).toBe(SpanStatusCode.UNSET)
      expect(span.events).toEqual([])
      expect(span.attributes['http.response.status_code']).toBe(400)
      expect(span.attributes['error.type']).toBeUndefined()
    })

    test.skipIf(without.includes('404'))('a request that finds no route is named by its method', async () => {
      const { url, tracing } = await start()
      expect((await fetch(`${url}/nowhere/17`)).status).toBe(404)
      const span = await serverSpan(tracing)
      expect(span.name).toBe('GET')
      expect(span.attributes['http.route']).toBeUndefined()
      expect(span.status.code).toBe(SpanStatusCode.UNSET)
    })

    test.skipIf(without.includes('head'))('HEAD is answered without a body, and has its own span', async () => {
      const { url, tracing } = await start()
      const response = await fetch(`${url}/orders/1`, { method: 'HEAD' })
      expect(response.status).toBe(200)
      expect((await serverSpan(tracing)).name).toBe('HEAD /orders/:id')
    })

    test('the span of a streamed response ends with the stream', async () => {
      const { url, tracing } = await start()
      const response = await fetch(`${url}/stream`)
      const reader = (response.body as ReadableStream<Uint8Array>).getReader()
      expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('first')
      expect(serverSpans(tracing)).toEqual([])
      released.resolve(undefined)
      expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('last')
      expect((await reader.read()).done).toBe(true)
      const span = await serverSpan(tracing)
      expect(span.name).toBe('GET /stream')
      expect(span.attributes['http.response.status_code']).toBe(200)
    })

    test('a client that gives up ends the span, without an answer', async () => {
      const { url, tracing } = await start()
      const client = httpRequest(`${url}/hang`).end()
      client.on('error', () => {})
      await hanging.promise
      client.destroy()
      if (!client.closed) await new Promise((resolve) => client.once('close', resolve))
      const span = await serverSpan(tracing)
      expect(span.name).toBe('GET /hang')
      if (isAlone) expect(span.attributes['http.response.status_code']).toBeUndefined()
      expect(span.events).toEqual([])
    })

    test('tells the caller the trace, beside what the handler tells', async () => {
      const { url, tracing } = await start({ traceResponseHeaders: ['traceresponse', 'server-timing'] })
      const response = await fetch(`${url}/orders/1`)
      const { traceId, spanId } = (await serverSpan(tracing)).spanContext()
      const traceparent = `00-${traceId}-${spanId}-01`
      expect(response.headers.get('traceresponse')).toBe(traceparent)
      expect(response.headers.get('server-timing')).toBe(`db;dur=5, traceparent;desc="${traceparent}"`)
      expect(response.headers.get('access-control-expose-headers')).toBe('Server-Timing')
      const failed = await fetch(`${url}/boom`)
      expect(failed.headers.get('traceresponse')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    })

    test('requests that are ignored are left alone', async () => {
      const { url, tracing } = await start({ ignoredPath: '/orders/0' })
      const ignored = (await (await fetch(`${url}/orders/0`)).json()) as { traceId?: string }
      await fetch(`${url}/orders/1`)
      const paths = (): unknown[] => serverSpans(tracing).map(({ attributes }) => attributes['url.path'])
      await vi.waitFor(() => expect(paths()).toContain('/orders/1'))
      if (!isAlone) return
      expect(ignored.traceId).toBeUndefined()
      expect(paths()).toEqual(['/orders/1'])
    })
  })
}

function httpInstrumentation(): Instrumentation {
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http') as {
    HttpInstrumentation: new () => Instrumentation
  }
  return new HttpInstrumentation()
}

export function serverSpans(tracing: TestTracing): ReadableSpan[] {
  return tracing.ended.filter(({ kind }) => kind === SpanKind.SERVER)
}

/** The one span of the one request. */
export async function serverSpan(tracing: TestTracing): Promise<ReadableSpan> {
  await vi.waitFor(() => expect(serverSpans(tracing).length).toBeGreaterThan(0))
  const spans = serverSpans(tracing)
  expect(spans).toHaveLength(1)
  return spans.at(-1) ?? expect.fail()
}
