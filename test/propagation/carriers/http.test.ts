import { trace } from '@opentelemetry/api'
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import { connect, constants, createServer as createHttp2Server, type IncomingHttpHeaders } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { extractTraceContext } from '../../../src/propagation/extract-trace-context.js'
import { injectTraceContext } from '../../../src/propagation/inject-trace-context.js'
import { ALL_OF_IT, SENDER, TRACEPARENT, TRACE_ID, travelled, useW3cPropagation } from './w3c-propagation.js'

useW3cPropagation()

type Received = Record<string, unknown>

/** A server that tells what came with the next request, as each thing that may be asked for it. */
async function receiver(): Promise<{
  url: string
  next: Promise<Record<'message' | 'headers' | 'raw' | 'distinct', Received>>
}> {
  const server = createServer((incoming: IncomingMessage, outgoing) => {
    outgoing.end()
    received.resolve({
      message: travelled(extractTraceContext(incoming)),
      headers: travelled(extractTraceContext(incoming.headers)),
      raw: travelled(extractTraceContext(incoming.rawHeaders)),
      distinct: travelled(extractTraceContext(incoming.headersDistinct)),
    })
  })
  const received = Promise.withResolvers<Record<'message' | 'headers' | 'raw' | 'distinct', Received>>()
  return { url: await listening(server), next: received.promise }
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close().closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const EVERYWHERE = { message: ALL_OF_IT, headers: ALL_OF_IT, raw: ALL_OF_IT, distinct: ALL_OF_IT }

test('fetch sends what a Request, its Headers, entries or options were given', async () => {
  const injected = { context: SENDER }
  const calls: ((url: string) => Promise<Response>)[] = [
    (url) => fetch(injectTraceContext(new Request(url), injected)),
    (url) => fetch(url, { headers: injectTraceContext(new Headers({ accept: '*/*' }), injected) }),
    (url) => fetch(url, { headers: injectTraceContext([['accept', '*/*']] as [string, string][], injected) }),
    (url) => fetch(url, { headers: injectTraceContext([] as [string, string][], injected) }),
    (url) => fetch(url, injectTraceContext<RequestInit>({ method: 'POST', headers: {} }, injected)),
    (url) => fetch(url, { headers: injectTraceContext(undefined, injected) }),
  ]
  for (const call of calls) {
    const { url, next } = await receiver()
    await call(url)
    expect(await next).toEqual(EVERYWHERE)
  }
})

test('Node’s http sends what its options, raw headers or the request itself were given', async () => {
  const injected = { context: SENDER }
  const calls: ((url: string) => void)[] = [
    (url) => injectTraceContext(request(url), injected).end(),
    (url) => request(url, injectTraceContext({ headers: { Traceparent: 'stale' } }, injected)).end(),
    (url) => request(url, { headers: injectTraceContext(['Host', 'shop', 'traceparent', 'stale'], injected) }).end(),
    (url) => request(url, { headers: injectTraceContext([['Host', 'shop']], injected) as never }).end(),
  ]
  for (const call of calls) {
    const { url, next } = await receiver()
    call(url)
    expect(await next).toEqual(EVERYWHERE)
  }
})

test('a response takes it until its headers are sent, and then stays as it is', async () => {
  const url = await listening(
    createServer((_, outgoing) => {
      injectTraceContext(outgoing, { context: SENDER })
      outgoing.write('sent')
      injectTraceContext(outgoing, {
        context: trace.setSpanContext(SENDER, { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }),
      })
      outgoing.end()
    }),
  )
  const response = await fetch(url)
  expect(response.headers.get('traceparent')).toBe(TRACEPARENT)
  expect(trace.getSpanContext(extractTraceContext(response))?.traceId).toBe(TRACE_ID)
})

test('http2 sends it beside its pseudo headers, which stay', async () => {
  const received = Promise.withResolvers<IncomingHttpHeaders>()
  const server = createHttp2Server()
  server.on('stream', (stream, headers) => {
    stream.respond(injectTraceContext({ [constants.HTTP2_HEADER_STATUS]: 200 }, { context: SENDER }))
    stream.end()
    received.resolve(headers)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  const stream = client.request(injectTraceContext({ ':path': '/orders', ':method': 'GET' }, { context: SENDER }))
  const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders]
  expect(await received.promise).toMatchObject({ ':path': '/orders', ':method': 'GET', traceparent: TRACEPARENT })
  expect(travelled(extractTraceContext(await received.promise))).toEqual(ALL_OF_IT)
  expect(travelled(extractTraceContext(answer))).toEqual(ALL_OF_IT)
})

test('the compatible API of http2 is read and written like http', async () => {
  const received = Promise.withResolvers<Received>()
  const server = createHttp2Server((incoming, outgoing) => {
    injectTraceContext(outgoing, { context: SENDER }).end()
    received.resolve(travelled(extractTraceContext(incoming)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  const [answer] = (await once(
    client.request(injectTraceContext({ ':path': '/' }, { context: SENDER })),
    'response',
  )) as [object]
  expect(await received.promise).toEqual(ALL_OF_IT)
  expect(travelled(extractTraceContext(answer))).toEqual(ALL_OF_IT)
})

test('a Request whose headers are immutable is replaced, with its body', async () => {
  const original = new Request('http://shop/', { method: 'POST', body: 'order', headers: { accept: '*/*' } })
  Object.defineProperty(original, 'headers', { value: Response.redirect('http://shop/').headers })
  const replaced = injectTraceContext(original, { context: SENDER })
  expect(replaced).toBeInstanceOf(Request)
  expect(replaced).not.toBe(original)
  expect(travelled(extractTraceContext(replaced))).toEqual(ALL_OF_IT)
  expect([replaced.method, replaced.headers.get('location'), await replaced.text()]).toEqual([
    'POST',
    'http://shop/',
    'order',
  ])
})

test('a Response that can’t be changed comes back as it was', () => {
  const redirect = Response.redirect('http://shop/')
  expect(injectTraceContext(redirect, { context: SENDER })).toBe(redirect)
  expect(redirect.headers.get('traceparent')).toBeNull()
})

test('headers of a gateway in Lambda are read', () => {
  const event = {
    httpMethod: 'GET',
    headers: { TraceParent: TRACEPARENT },
    multiValueHeaders: { TraceParent: [TRACEPARENT] },
  }
  expect(trace.getSpanContext(extractTraceContext(event))?.traceId).toBe(TRACE_ID)
  expect(trace.getSpanContext(extractTraceContext(event.multiValueHeaders))?.traceId).toBe(TRACE_ID)
})
