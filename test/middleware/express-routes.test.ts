import { context, trace } from '@opentelemetry/api'
import { once } from 'node:events'
import { createServer, request as httpRequest, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { tracingMiddleware, type NextFunction } from '../../src/middleware/express.js'
import { TestTracing } from '../spans/tracing.js'
import { serverSpan, serverSpans, type App } from './contract.js'
import { listening } from './listening.js'

const require = createRequire(import.meta.url)

interface Response {
  send(body: string): void
  status(code: number): Response
}
type Handler = (request: unknown, response: Response, next: NextFunction) => void
interface Router {
  use(...handlers: unknown[]): Router
  get(path: unknown, ...handlers: Handler[]): Router
}
interface Express {
  (): Router & RequestListener & { set(key: string, value: unknown): void }
  Router(options?: object): Router
}

const express5 = require('express') as Express
const express4 = require(require.resolve('express', { paths: [require.resolve('json-server')] })) as Express
const answer: Handler = (_request, response) => response.send('ok')

const apps: App[] = []
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

async function nameOf(listener: RequestListener, path: string): Promise<string> {
  const tracing = new TestTracing()
  const app = await listening(createServer(listener))
  apps.push(app)
  await fetch(app.url + path)
  return (await serverSpan(tracing)).name
}

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('%s', (version, express) => {
  test.each([
    ['a path', '/a/7', 'GET /a/:id'],
    ['the root', '/', 'GET /'],
    ['several paths', '/c', 'GET /b,/c'],
    ['an expression', '/x42', 'GET /^\\/x\\d+$/'],
    ['a router', '/shop/orders/7', 'GET /shop/orders/:id'],
    ['the root of a router', '/shop', 'GET /shop'],
    ['a router in a router', '/shop/admin/users/7', 'GET /shop/admin/users/:id'],
    ['an app in the app', '/sub/items/7', 'GET /sub/items/:id'],
    ['a router with parameters that it hands on', '/merged/gold/orders/7', 'GET /merged/:shop/orders/:id'],
  ])('the route of %s', async (_what, path, name) => {
    const app = express()
    app.use(tracingMiddleware())
    app
      .get('/a/:id', answer)
      .get('/', answer)
      .get(['/b', '/c'], answer)
      .get(/^\/x\d+$/, answer)
    const shop = express.Router().get('/', answer).get('/orders/:id', answer)
    app.use('/shop', shop.use('/admin', express.Router().get('/users/:id', answer)))
    app.use('/sub', express().get('/items/:id', answer))
    app.use('/merged/:shop', express.Router({ mergeParams: true }).get('/orders/:id', answer))
    expect(await nameOf(app, path)).toBe(name)
  })

  test('an error handler of the app still has the last word', async () => {
    const tracing = new TestTracing()
    const traced = tracingMiddleware()
    const app = express()
    app.use(traced)
    const error = new Error('taken')
    app.get('/', () => {
      throw error
    })
    app.use(traced.errorHandler)
    const seen: unknown[] = []
    app.use((given: unknown, _request: unknown, response: Response, _next: NextFunction) => {
      seen.push(given)
      response.status(409).send('taken')
    })
    const server = await listening(createServer(app))
    apps.push(server)
    expect((await fetch(server.url)).status).toBe(409)
    expect(seen).toEqual([error])
    const span = await serverSpan(tracing)
    expect(span.events).toEqual([])
    expect(span.attributes['http.response.status_code']).toBe(409)
  })

  test.runIf(version === 'Express 5')(
    'parameters of a router that it keeps to itself stay out of the route',
    async () => {
      const app = express()
      app.use(tracingMiddleware())
      app.use('/kept/:shop', express.Router().get('/orders/:id', answer))
      expect(await nameOf(app, '/kept/gold/orders/7')).toBe('GET /kept/:shop/orders/:id')
    },
  )
})

test('works on a plain server, and passes on what is thrown', async () => {
  const tracing = new TestTracing()
  const middleware = tracingMiddleware()
  const error = new Error('boom')
  const thrown: unknown[] = []
  const app = await listening(
    createServer((request, response) => {
      try {
        middleware(request, response, () => {
          throw error
        })
      } catch (caught) {
        thrown.push(caught)
        response.writeHead(500).end()
      }
    }),
  )
  apps.push(app)
  await fetch(app.url)
  expect(thrown).toEqual([error])
  const span = await serverSpan(tracing)
  expect(span.name).toBe('GET')
  expect(span.events.map(({ attributes }) => attributes?.['exception.message'])).toEqual(['boom'])
})

test('what listens to request and response is called in the trace', async () => {
  const tracing = new TestTracing()
  const middleware = tracingMiddleware()
  const seen: unknown[] = []
  const see = (): unknown => seen.push(trace.getActiveSpan()?.spanContext().traceId)
  const app = await listening(
    createServer((request, response) => {
      middleware(request, response, () => {
        request.once('data', see).once('end', () => {
          see()
          response.end()
        })
        response.once('finish', see)
      })
    }),
  )
  apps.push(app)
  const client = httpRequest(app.url, { method: 'POST' })
  client.flushHeaders()
  // The body comes when the request is being handled.
  await vi.waitFor(() => expect(client.socket?.connecting).toBe(false))
  client.end('body')
  await once(client, 'response')
  const { traceId } = (await serverSpan(tracing)).spanContext()
  expect(seen).toEqual([traceId, traceId, traceId])
})

test('what waits for a client to give up is called in the trace', async () => {
  const tracing = new TestTracing()
  const middleware = tracingMiddleware()
  const closed = Promise.withResolvers<string | undefined>()
  const arrived = Promise.withResolvers<undefined>()
  const app = await listening(
    createServer((request, response) => {
      middleware(request, response, () => {
        response.once('close', () => closed.resolve(trace.getActiveSpan()?.spanContext().traceId))
        arrived.resolve(undefined)
      })
    }),
  )
  apps.push(app)
  const client = httpRequest(app.url).end()
  client.on('error', () => {})
  await arrived.promise
  client.destroy()
  expect(await closed.promise).toBe((await serverSpan(tracing)).spanContext().traceId)
})

test('used twice, there is one span', async () => {
  const app = express5()
  app.use(tracingMiddleware())
  app.use(tracingMiddleware())
  app.get('/', answer)
  expect(await nameOf(app, '/')).toBe('GET /')
})

test('a server that was started inside of a span traces its requests all the same', async () => {
  const tracing = new TestTracing()
  const boot = trace.getTracer('test').startSpan('boot')
  const middleware = tracingMiddleware()
  const app = await context.with(trace.setSpan(context.active(), boot), () =>
    listening(createServer((request, response) => middleware(request, response, () => response.end()))),
  )
  apps.push(app)
  boot.end()
  await fetch(app.url)
  const span = await serverSpan(tracing)
  expect(span.parentSpanContext).toBeUndefined()
  expect(span.spanContext().traceId).not.toBe(boot.spanContext().traceId)
})

test('connections that are kept alive do not mix requests', async () => {
  const tracing = new TestTracing()
  const middleware = tracingMiddleware()
  const app = await listening(
    createServer((request, response) => {
      middleware(request, response, () => response.end(trace.getActiveSpan()?.spanContext().traceId))
    }),
  )
  apps.push(app)
  const ids = [await (await fetch(app.url)).text(), await (await fetch(app.url)).text()]
  await vi.waitFor(() => expect(serverSpans(tracing)).toHaveLength(2))
  expect(serverSpans(tracing).map((span) => span.spanContext().traceId)).toEqual(ids)
  expect(new Set(ids).size).toBe(2)
})

test('an ignore that throws does not disturb the request', async () => {
  const app = express5()
  app.use(
    tracingMiddleware({
      ignore() {
        throw new Error('broken')
      },
    }),
  )
  app.get('/', answer)
  expect(await nameOf(app, '/')).toBe('GET /')
})

test('wrong options are refused at once', () => {
  expect(() => tracingMiddleware({ ignore: '/health' } as never)).toThrow('ignore must be a function, got "/health"')
  expect(() => tracingMiddleware({ traceResponseHeaders: ['traceparent'] } as never)).toThrow('traceResponseHeaders[0]')
  expect(() => tracingMiddleware({ ignored: () => true } as never)).toThrow('ignored must be one of ignore')
})
