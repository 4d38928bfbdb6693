import { serve as serveNode } from '@hono/node-server'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { stream } from 'hono/streaming'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { tracingHono } from '../../src/middleware/hono.js'
import { TestTracing } from '../spans/tracing.js'
import { describeMiddleware, routes, serverSpan, type App, type AppOptions } from './contract.js'

async function serve({ traceResponseHeaders, ignoredPath }: AppOptions): Promise<App> {
  const app = new Hono()
  app.use(tracingHono({ traceResponseHeaders, ignore: ({ req }) => new URL(req.raw.url).pathname === ignoredPath }))
  app.get('/orders/:id', async (c) => {
    c.header('server-timing', 'db;dur=5')
    return c.json(await routes.order(c.req.param('id')))
  })
  app.post('/orders', async (c) => c.json(routes.created(await c.req.json())))
  app.get('/boom', () => routes.boom())
  app.get('/refused', () => {
    throw new HTTPException(400, { cause: routes.refused })
  })
  app.get('/stream', (c) =>
    stream(c, async (out) => {
      for await (const part of routes.stream()) await out.write(part)
    }),
  )
  app.get('/hang', async (c) => {
    await routes.hang()
    return c.text('')
  })
  app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text('failed', 500)))
  const server = serveNode({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close().closeAllConnections(),
  }
}

describeMiddleware({ serve })

const app = new Hono()
app.use(tracingHono())
app.use('/guarded/*', async (c, next) => {
  if (c.req.header('authorization') === undefined) return c.text('who are you?', 401)
  await next()
  return undefined
})
app.get('/guarded/:name', (c) => c.text('ok'))
app.get('/guarded/*', (c) => c.text('never'))
app.all('/any', (c) => c.text('ok'))
app.route(
  '/inner',
  new Hono().get('/:id', (c) => c.text('ok')),
)

test.each([
  ['the handler that has answered', '/guarded/gold', { authorization: 'me' }, 'GET /guarded/:name'],
  ['the one that a middleware has stood in front of', '/guarded/gold', {}, 'GET /guarded/:name'],
  ['one for all methods', '/any', {}, 'GET /any'],
  ['one of an app that is mounted', '/inner/1', {}, 'GET /inner/:id'],
  ['none', '/nowhere', {}, 'GET'],
])('the route is that of %s', async (_what, path, headers, name) => {
  const tracing = new TestTracing()
  await app.request(path, { headers })
  expect((await serverSpan(tracing)).name).toBe(name)
})

test('without a server of Node, the span ends with the handlers', async () => {
  const tracing = new TestTracing()
  const response = await app.request('https://shop.example:8443/any?q=1')
  expect(tracing.ended).toHaveLength(1)
  expect(response.status).toBe(200)
  expect((await serverSpan(tracing)).attributes).toMatchObject({
    'http.response.status_code': 200,
    'url.scheme': 'https',
    'server.address': 'shop.example',
    'server.port': 8443,
    'url.path': '/any',
    'url.query': 'q=1',
  })
})
