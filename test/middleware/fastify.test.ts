import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import Fastify from 'fastify'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { tracingPlugin } from '../../src/middleware/fastify.js'
import { describeMiddleware, routes, serverSpan, type App, type AppOptions } from './contract.js'
import { TestTracing } from '../spans/tracing.js'

async function serve({ traceResponseHeaders, ignoredPath }: AppOptions): Promise<App> {
  const app = Fastify({ forceCloseConnections: true })
  await app.register(tracingPlugin, { traceResponseHeaders, ignore: ({ raw }) => raw.url === ignoredPath })
  app.get<{ Params: { id: string } }>('/orders/:id', async (request, reply) => {
    void reply.header('server-timing', 'db;dur=5')
    return await routes.order(request.params.id)
  })
  app.post('/orders', (request) => routes.created(request.body))
  app.get('/boom', () => routes.boom())
  app.get('/refused', () => {
    throw routes.refused
  })
  app.get('/stream', (_request, reply) => reply.send(Readable.from(routes.stream())))
  app.get('/hang', () => routes.hang())
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() }
}

describeMiddleware({ serve })

test('hooks further in are in the trace', async () => {
  const tracing = new TestTracing()
  const app = Fastify()
  await app.register(tracingPlugin)
  const seen: unknown[] = []
  app.addHook('onRequest', (_request, _reply, done) => {
    seen.push(trace.getActiveSpan()?.spanContext().traceId)
    done()
  })
  // A parser that calls back from anywhere.
  app.addHook('preParsing', (_request, _reply, payload, done) => {
    context.with(ROOT_CONTEXT, () => setImmediate(() => done(null, payload)))
  })
  app.get('/', () => {
    seen.push(trace.getActiveSpan()?.spanContext().traceId)
    return 'ok'
  })
  await app.inject('/')
  const { traceId } = (await serverSpan(tracing)).spanContext()
  expect(seen).toEqual([traceId, traceId])
})

test('counts for routes of other plugins, under their prefix', async () => {
  const tracing = new TestTracing()
  const app = Fastify()
  void app.register(
    (inner, _options, done) => {
      inner.get('/items/:id', () => 'ok')
      done()
    },
    { prefix: '/api' },
  )
  void app.register(tracingPlugin)
  await app.inject('/api/items/7')
  expect((await serverSpan(tracing)).name).toBe('GET /api/items/:id')
})

test('a wrong option fails the registration', async () => {
  const app = Fastify()
  // @ts-expect-error it is misspelt
  const registration = (async () => await app.register(tracingPlugin, { ignored: () => true }))()
  await expect(registration).rejects.toThrow('ignored must be one of ignore, traceResponseHeaders')
})

test('an error handler of the app has the last word on what is an error', async () => {
  const tracing = new TestTracing()
  const app = Fastify()
  app.setErrorHandler((_error, _request, reply) => reply.status(409).send('taken'))
  await app.register(tracingPlugin)
  app.get('/', () => routes.boom())
  expect((await app.inject('/')).statusCode).toBe(409)
  expect((await serverSpan(tracing)).events).toEqual([])
})
