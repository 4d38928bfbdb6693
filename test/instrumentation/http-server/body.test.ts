import { on, once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { PassThrough, Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'
import { beforeAll, expect, test } from 'vitest'
import { activeId, handled, POST } from './handled.js'
import { followContexts, lean, serve, traced } from './traced-servers.js'

beforeAll(followContexts)

interface ExpressApp {
  use(handler: unknown): void
  post(path: string, handler: (request: { body: unknown }, response: ServerResponse & Json) => void): void
}
interface Json {
  json(body: unknown): void
}
const express = createRequire(import.meta.url)('express') as (() => ExpressApp) & { json(): unknown }

const inPost = { raw: POST }

async function read(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}

test('data and end come in the context of the span, and so does readable', async () => {
  const seen = await handled(
    (request) =>
      new Promise((resolve) => {
        const handling = activeId()
        const seen: unknown[] = []
        request.once('readable', () => {
          seen.push('readable', activeId() === handling, String(request.read()))
          request.on('data', noop).on('end', () => resolve([...seen, 'end', activeId() === handling]))
        })
      }),
    inPost,
  )
  expect(seen).toEqual(['readable', true, 'hello', 'end', true])
})

const noop = (): void => {}

test('`once` with data starts the flow, and reads one chunk', async () => {
  const seen = await handled(async (request) => {
    const chunk = await new Promise((resolve) => request.once('data', resolve))
    return [String(chunk), request.readableFlowing, request.listenerCount('data')]
  }, inPost)
  expect(seen).toEqual(['hello', true, 0])
})

test.each([
  ['iteration', read],
  ['text()', (request: IncomingMessage) => text(request)],
  ['req.pipe()', (request: IncomingMessage) => text(request.pipe(new PassThrough()))],
  [
    'unpipe and pipe',
    (request: IncomingMessage) => {
      const [first, second] = [new PassThrough(), new PassThrough()]
      request.pipe(first)
      request.unpipe(first)
      return text(request.pipe(second))
    },
  ],
  [
    'events.on()',
    async (request: IncomingMessage) => {
      let body = ''
      for await (const [chunk] of on(request, 'data', { close: ['end'] })) body += String(chunk)
      return body
    },
  ],
  ['compose and map', (request: IncomingMessage) => text(Readable.from(request.map(String)))],
  ['Readable.toWeb', (request: IncomingMessage) => new Response(Readable.toWeb(request) as ReadableStream).text()],
])('a body is read by %s', async (_, reading) => {
  await expect(handled(reading, inPost)).resolves.toBe('hello')
})

test('events.once resolves, and leaves no listeners', async () => {
  const seen = await handled(async (request) => {
    const before = request.listenerCount('error')
    request.resume()
    await once(request, 'end')
    return [request.listenerCount('end'), request.listenerCount('error') - before]
  }, inPost)
  expect(seen[1]).toBe(0)
})

test('events.once that is aborted takes its listeners away', async () => {
  const counts = await handled(async (request) => {
    const abort = new AbortController()
    const waiting = once(request, 'news', { signal: abort.signal }).catch(() => 'aborted')
    const before = request.listenerCount('news')
    abort.abort()
    return [before, await waiting, request.listenerCount('news')]
  })
  expect(counts).toEqual([1, 'aborted', 0])
})

test('pipeline answers with a stream, and finished tells of the end', async () => {
  const found = await handled(async (request, response) => {
    const ended = finished(response)
    await pipeline(request, response)
    await ended
    return [response.writableFinished, response.listenerCount('drain'), response.listenerCount('unpipe')]
  }, inPost)
  expect(found).toEqual([true, 0, 0])
})

test('a body in answer that is larger than the buffer waits for drain, in the context of the span', async () => {
  const { instrumentation } = traced(lean)
  const drained: unknown[] = []
  await using server = await serve(instrumentation, (_, response) => {
    const handling = activeId()
    const write = (left: number): void => {
      if (left === 0) response.end()
      else if (response.write('x'.repeat(1e5))) write(left - 1)
      else {
        response.once('drain', () => {
          drained.push(activeId() === handling)
          write(left - 1)
        })
      }
    }
    write(50)
  })
  const answered = await (await fetch(`http://127.0.0.1:${server.port}/`, { headers: { connection: 'close' } })).text()
  expect(answered).toHaveLength(5e6)
  expect(drained.length).toBeGreaterThan(0)
  expect(new Set(drained)).toEqual(new Set([true]))
})

test('Express parses bodies, and its handlers run in the context of the span', async () => {
  const { instrumentation, spans } = traced(lean)
  const app = express()
  const ids: unknown[] = []
  app.use(express.json())
  app.post('/items', (request, response) => {
    ids.push(activeId())
    response.on('finish', () => ids.push(activeId()))
    response.json(request.body)
  })
  await using server = await serve(instrumentation, app as never)
  const asked = await fetch(`http://127.0.0.1:${server.port}/items`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: '{"a":[1]}',
  })
  await expect(asked.json()).resolves.toEqual({ a: [1] })
  await expect.poll(() => spans.ended.length).toBe(1)
  expect(ids).toEqual(Array(2).fill(spans.only.spanContext().spanId))
})
