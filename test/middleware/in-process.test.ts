import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { serve as serveNode } from '@hono/node-server'
import Fastify, { type FastifyInstance } from 'fastify'
import { Hono } from 'hono'
import { once } from 'node:events'
import { createServer, IncomingMessage, ServerResponse, type RequestListener, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { Socket, type AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { tracingMiddleware } from '../../src/middleware/express.js'
import { tracingPlugin } from '../../src/middleware/fastify.js'
import { tracingHono } from '../../src/middleware/hono.js'
import { tracingKoa } from '../../src/middleware/koa.js'
import { TestTracing } from '../spans/tracing.js'
import { serverSpans } from './contract.js'
import { listening } from './listening.js'

const require = createRequire(import.meta.url)

async function batchOf(tracing: TestTracing): Promise<{ outer: ReadableSpan; inner: ReadableSpan[] }> {
  await vi.waitFor(() => expect(serverSpans(tracing).some(({ parentSpanContext }) => !parentSpanContext)).toBe(true))
  const spans = serverSpans(tracing)
  const outer = spans.find(({ parentSpanContext }) => !parentSpanContext) ?? expect.fail()
  return { outer, inner: spans.filter((span) => span !== outer) }
}

function expectBelow(inner: readonly ReadableSpan[], outer: ReadableSpan): void {
  for (const span of inner) expect(span.parentSpanContext?.spanId).toBe(outer.spanContext().spanId)
}

/** A request to an app that is called as a function, as adapters of serverless platforms and batch handlers make it. */
async function dispatch(app: RequestListener, url: string): Promise<number> {
  const request = Object.assign(new IncomingMessage(new Socket()), { url, method: 'GET' })
  request.push(null)
  const response = new ServerResponse(request)
  response.assignSocket(new Writable({ write: (_chunk, _encoding, done) => done() }) as unknown as Socket)
  app(request, response)
  await once(response, 'finish')
  return response.statusCode
}

async function fastifyApp(): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(tracingPlugin)
  app.get<{ Params: { id: string } }>('/items/:id', ({ params: { id } }) => {
    if (id === '9') throw new Error('inner failed')
    return { id, traceId: trace.getActiveSpan()?.spanContext().traceId }
  })
  return app
}

test('a request that a Fastify handler injects has a span of its own, and leaves the name and status of the outer one', async () => {
  const tracing = new TestTracing()
  const app = await fastifyApp()
  app.post('/batch', async ({ headers }) => [
    (await app.inject({ url: '/items/1', headers })).statusCode,
    (await app.inject('/items/9')).statusCode,
  ])
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  expect(await (await fetch(`${url}/batch`, { method: 'POST' })).json()).toEqual([200, 500])
  const { outer, inner } = await batchOf(tracing)
  await app.close()
  expect(outer.name).toBe('POST /batch')
  expect(outer.status.code).toBe(SpanStatusCode.UNSET)
  expect(outer.events).toEqual([])
  expect(inner.map(({ name, status: { message } }) => [name, message])).toEqual([
    ['GET /items/:id', undefined],
    ['GET /items/:id', 'inner failed'],
  ])
  expectBelow(inner, outer)
})

test('an injected request is part of the span that it is injected in, or of the trace that its headers carry', async () => {
  const tracing = new TestTracing()
  const app = await fastifyApp()
  const job = trace.getTracer('test').startSpan('job')
  const jobTrace = job.spanContext().traceId
  const other = '0af7651916cd43dd8448eb211c80319c'
  const traceOf = async (headers: Record<string, string>): Promise<unknown> =>
    (await app.inject({ url: '/items/1', headers })).json<{ traceId: string }>().traceId
  await context.with(trace.setSpan(context.active(), job), async () => {
    expect(await traceOf({})).toBe(jobTrace)
    expect(await traceOf({ traceparent: `00-${jobTrace}-00f067aa0ba902b7-01` })).toBe(jobTrace)
    expect(await traceOf({ traceparent: `00-${other}-00f067aa0ba902b7-01` })).toBe(other)
  })
  await vi.waitFor(() => expect(serverSpans(tracing)).toHaveLength(3))
  const parents = serverSpans(tracing).map(({ parentSpanContext }) => parentSpanContext?.spanId)
  // Headers of the trace that is active anyway are those of an outer request, handed on.
  expect(parents).toEqual([job.spanContext().spanId, job.spanContext().spanId, '00f067aa0ba902b7'])
})

test.each(['express', require.resolve('express', { paths: [require.resolve('json-server')] })])(
  'a request to an app of %s that is called as a function has a span of its own',
  async (path) => {
    const tracing = new TestTracing()
    const express = require(path) as () => RequestListener & Record<'use' | 'get', (...args: unknown[]) => void>
    const app = express()
    app.use(tracingMiddleware())
    app.get('/items/:id', (_request: unknown, response: ServerResponse) => response.end('item'))
    app.get('/batch', async (_request: unknown, response: ServerResponse) => {
      const statuses = [await dispatch(app, '/items/1'), await dispatch(app, '/nowhere')]
      response.end(JSON.stringify(statuses))
    })
    const server = await listening(createServer(app))
    expect(await (await fetch(`${server.url}/batch`)).json()).toEqual([200, 404])
    const { outer, inner } = await batchOf(tracing)
    await server.close()
    expect(outer.name).toBe('GET /batch')
    expect(inner.map(({ name }) => name)).toEqual(['GET /items/:id', 'GET'])
    expectBelow(inner, outer)
  },
)

test('a request that the app itself passes on, another URL in it, keeps its span', async () => {
  const tracing = new TestTracing()
  const express = require('express') as () => RequestListener & Record<'use' | 'get', (...args: unknown[]) => void>
  const app = express()
  app.use(tracingMiddleware())
  app.get('/new', (_request: unknown, response: ServerResponse) => response.end('new'))
  app.get('/old', (request: IncomingMessage, response: ServerResponse) => {
    request.url = '/new'
    app(request, response)
  })
  const server = await listening(createServer(app))
  await fetch(`${server.url}/old`)
  const { outer, inner } = await batchOf(tracing)
  await server.close()
  expect(outer.name).toBe('GET /new')
  expect(inner).toEqual([])
})

test('a request to a Koa app that is called as a function has a span of its own', async () => {
  const tracing = new TestTracing()
  interface Context {
    path: string
    body: unknown
    _matchedRoute: string
  }
  const Koa = require('koa') as new () => { use(middleware: unknown): void; callback(): RequestListener }
  const app = new Koa()
  app.use(tracingKoa())
  app.use(async (ctx: Context) => {
    ctx._matchedRoute = ctx.path === '/batch' ? '/batch' : '/items/:id'
    ctx.body = ctx.path === '/batch' ? await dispatch(app.callback(), '/items/1') : 'item'
  })
  const server = await listening(createServer(app.callback()))
  expect(await (await fetch(`${server.url}/batch`)).text()).toBe('200')
  const { outer, inner } = await batchOf(tracing)
  await server.close()
  expect(outer.name).toBe('GET /batch')
  expect(inner.map(({ name }) => name)).toEqual(['GET /items/:id'])
  expectBelow(inner, outer)
})

test("a request that a Hono handler makes with app.request() has a span of its own, with Node's objects handed on or not", async () => {
  const tracing = new TestTracing()
  const app = new Hono()
  app.use(tracingHono())
  app.get('/items/:id', (c) => (c.req.param('id') === '9' ? c.text('failed', 500) : c.text('item')))
  app.get('/batch', async (c) =>
    c.json([(await app.request('/items/1')).status, (await app.request('/items/9', {}, c.env)).status]),
  )
  const server = serveNode({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  expect(await (await fetch(`http://127.0.0.1:${port}/batch`)).json()).toEqual([200, 500])
  const { outer, inner } = await batchOf(tracing)
  server.close().closeAllConnections()
  expect(outer.name).toBe('GET /batch')
  expect(outer.attributes['http.response.status_code']).toBe(200)
  expect(inner.map(({ attributes }) => [attributes['http.route'], attributes['http.response.status_code']])).toEqual([
    ['/items/:id', 200],
    ['/items/:id', 500],
  ])
  expectBelow(inner, outer)
})
