import { createServer, request as httpRequest, type ServerResponse } from 'node:http'
import { connect, createServer as createServer2 } from 'node:http2'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { onResponseEnd } from '../../../src/middleware/server-span/node-server-span.js'
import { writeHeadersOf } from '../../../src/propagation/node-response-headers.js'
import { tracingMiddleware } from '../../../src/middleware/express.js'
import { TestTracing } from '../../spans/tracing.js'
import { serverSpan, type App } from '../contract.js'
import { listening } from '../listening.js'

const apps: App[] = []
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

async function serve(handle: (response: ServerResponse) => void): Promise<string> {
  const app = await listening(createServer((_request, response) => handle(response)))
  apps.push(app)
  return app.url
}

test.each<[string, (response: ServerResponse) => void, string]>([
  ['set before', (r) => r.setHeader('x-trace', 'old'), 'old+ours'],
  ['none', () => {}, 'ours'],
  ['in writeHead', (r) => r.writeHead(200, { 'X-Trace': 'late' }), 'late+ours'],
  ['in writeHead, with a reason', (r) => r.writeHead(200, 'Fine', { 'X-Trace': 'late' }), 'late+ours'],
  ['other ones in writeHead', (r) => r.writeHead(200, { other: '1' }), 'ours'],
  ['as a list in writeHead', (r) => r.writeHead(200, ['other', '1']), 'ours'],
  [
    'dropped for an error',
    (r) => {
      for (const name of r.getHeaderNames()) r.removeHeader(name)
    },
    'ours',
  ],
])('headers are written beside those that the handler writes: %s', async (_what, handle, expected) => {
  const url = await serve((response) => {
    writeHeadersOf(response, (headers) => {
      const before = headers.get('x-trace')?.replace(/\+?ours$/, '')
      headers.set('x-trace', before ? `${before}+ours` : 'ours')
    })
    handle(response)
    response.end()
  })
  expect((await fetch(url)).headers.get('x-trace')).toBe(expected)
})

test('headers that have been sent stay as they are', async () => {
  const url = await serve((response) => {
    response.flushHeaders()
    writeHeadersOf(response, (headers) => headers.set('x-trace', 'ours'))
    response.end()
  })
  expect((await fetch(url)).headers.get('x-trace')).toBeNull()
})

test('tells the end once, and before those who wait for it already', async () => {
  const order: unknown[] = []
  const closed = Promise.withResolvers<undefined>()
  const url = await serve((response) => {
    response.on('finish', () => order.push('finish'))
    response.on('close', () => closed.resolve(undefined))
    onResponseEnd(response, (status) => order.push(status))
    response.writeHead(202).end('text')
  })
  await fetch(url)
  await closed.promise
  expect(order).toEqual([202, 'finish'])
})

test('a client that has gone gets no status, also in the middle of the response', async () => {
  const ended = Promise.withResolvers<unknown>()
  const url = await serve((response) => {
    onResponseEnd(response, (status) => ended.resolve(['ended', status]))
    response.write('first')
  })
  const client = httpRequest(url).end()
  client.on('error', () => {})
  await once(client, 'response')
  client.destroy()
  expect(await ended.promise).toEqual(['ended', undefined])
})

test('HTTP/2: a stream that is answered, and one that is reset', async () => {
  const tracing = new TestTracing()
  const middleware = tracingMiddleware({ traceResponseHeaders: ['traceresponse'] })
  const arrived = Promise.withResolvers<undefined>()
  const server = createServer2((request, response) => {
    middleware(request as never, response as never, () => {
      if (request.url === '/hang') arrived.resolve(undefined)
      else response.end('ok')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  try {
    const answered = session.request({ ':path': '/' })
    const [headers] = (await once(answered, 'response')) as [Record<string, unknown>]
    answered.resume()
    await once(answered, 'close')
    const first = await serverSpan(tracing)
    expect(headers.traceresponse).toContain(first.spanContext().traceId)
    expect(first.attributes).toMatchObject({
      'http.response.status_code': 200,
      'network.protocol.version': '2',
      'server.address': '127.0.0.1',
    })
    const reset = session.request({ ':path': '/hang' })
    reset.on('error', () => {})
    await arrived.promise
    reset.close(8)
    await expect.poll(() => tracing.ended.length).toBe(2)
    expect(tracing.ended[1]?.attributes['http.response.status_code']).toBeUndefined()
  } finally {
    session.destroy()
    server.close()
  }
})

test('upgrades are left alone', async () => {
  const tracing = new TestTracing()
  const middleware = tracingMiddleware()
  const server = createServer((request, response) => middleware(request, response, () => response.end()))
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
  })
  const app = await listening(server)
  apps.push(app)
  const client = httpRequest(app.url, { headers: { connection: 'upgrade', upgrade: 'websocket' } }).end()
  const [, socket] = (await once(client, 'upgrade')) as [unknown, { destroy(): void }]
  socket.destroy()
  expect(tracing.ended).toEqual([])
})
