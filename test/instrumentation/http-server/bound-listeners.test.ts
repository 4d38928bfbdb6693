import { context, createContextKey, trace } from '@opentelemetry/api'
import { EventEmitter, once } from 'node:events'
import { createServer as createHttp2Server, connect as connectHttp2 } from 'node:http2'
import { IncomingMessage, request as httpRequest, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { activeId, GET, handled, inTurn, POST } from './handled.js'
import { followContexts, lean, serve, traced } from './traced-servers.js'

beforeAll(followContexts)

const ADDING = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const
const ONCE = ['once', 'prependOnceListener'] as const
const REMOVING = ['off', 'removeListener'] as const

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as Node.js declares it
type AnyListener = (...args: any[]) => void

const noop = (): void => {}

/** Emits where no span is active, as Node.js does from the events of a socket. */
function emitOutside(emitter: EventEmitter, event: string, ...args: unknown[]): Promise<boolean> {
  return new Promise((resolve) => outside.once('run', () => resolve(emitter.emit(event, ...args))))
}
const outside = new EventEmitter()
setInterval(() => outside.emit('run'), 1).unref()

describe.each(['request', 'response'] as const)('of a %s', (which) => {
  const target = (request: IncomingMessage, response: ServerResponse): EventEmitter =>
    which === 'request' ? request : response

  test.each(ADDING)('listeners added by %s run in the context of the span', async (add) => {
    const { ids, returned, seen } = await handled(async (...both) => {
      const emitter = target(...both)
      const ids = [activeId()]
      const seen: unknown[] = []
      const returned = emitter[add]('news', function (this: unknown, ...args: unknown[]) {
        ids.push(activeId())
        seen.push(this === emitter, ...args)
      })
      await emitOutside(emitter, 'news', 'a', 2)
      return { ids, seen, returned: returned === emitter }
    })
    expect(ids).toEqual([expect.any(String), ids[0]])
    expect(seen).toEqual([true, 'a', 2])
    expect(returned).toBe(true)
  })

  test.each(ADDING.flatMap((add) => REMOVING.map((remove) => [add, remove] as const)))(
    'what %s has added, %s takes away by the original',
    async (add, remove) => {
      const { calls, count } = await handled((...both) => {
        const emitter = target(...both)
        let calls = 0
        const listener = (): void => void (calls += 1)
        emitter[add]('news', listener)
        emitter[remove]('news', listener)
        emitter.emit('news')
        emitter[add]('news', listener)
        emitter.emit('news')
        emitter[remove]('news', listener)
        emitter.emit('news')
        return { calls, count: emitter.listenerCount('news') }
      })
      expect({ calls, count }).toEqual({ calls: 1, count: 0 })
    },
  )

  test('a listener that was added twice is taken away once a call, the last one first', async () => {
    const order = await handled((...both) => {
      const emitter = target(...both)
      const order: string[] = []
      const twice = (): void => void order.push('twice')
      emitter.on('news', twice)
      emitter.on('news', () => order.push('between'))
      emitter.once('news', twice)
      emitter.off('news', twice)
      emitter.emit('news')
      return [...order, emitter.listenerCount('news')]
    })
    expect(order).toEqual(['twice', 'between', 2])
  })

  test('listeners are listed and counted as those that were added, in their order', async () => {
    const first = (): void => {}
    const { listeners, raw, counts, names } = await handled((...both) => {
      const emitter = target(...both)
      emitter.on('news', noop)
      emitter.prependOnceListener('news', first)
      return {
        listeners: emitter.listeners('news'),
        raw: emitter.rawListeners('news').map((listener) => (listener as { listener?: unknown }).listener),
        counts: [
          emitter.listenerCount('news'),
          emitter.listenerCount('news', noop),
          emitter.listenerCount('news', first),
        ],
        names: emitter.eventNames().includes('news'),
      }
    })
    expect(listeners).toEqual([first, noop])
    expect(raw).toEqual([first, noop])
    expect(counts).toEqual([2, 1, 1])
    expect(names).toBe(true)
  })

  test('removeAllListeners takes them all, and those that are added later run', async () => {
    const { calls, count } = await handled((...both) => {
      const emitter = target(...both)
      let calls = 0
      for (const add of ADDING) emitter[add]('news', () => (calls += 1))
      emitter.removeAllListeners('news')
      const count = emitter.listenerCount('news')
      emitter.on('news', () => (calls += 1))
      emitter.emit('news')
      return { calls, count }
    })
    expect({ calls, count }).toEqual({ calls: 1, count: 0 })
  })

  test.each(ONCE)('what %s has added runs once, even if the event is emitted while it is emitted', async (add) => {
    const { calls, count } = await handled((...both) => {
      const emitter = target(...both)
      const calls: number[] = []
      const again = (depth: number): unknown => depth === 1 && emitter.emit('news', 2)
      emitter.on('news', again)
      emitter[add]('news', (depth: number) => {
        calls.push(depth)
        if (depth === 1) emitter.emit('news', 3)
      })
      emitter.on('news', noop)
      emitter.emit('news', 1)
      return { calls, count: emitter.listenerCount('news') }
    })
    expect(calls).toHaveLength(1)
    expect(count).toBe(2)
  })

  test.each(ONCE)('the raw listener of %s can be called by itself, and is gone then', async (add) => {
    const seen = await handled((...both) => {
      const emitter = target(...both)
      const seen: unknown[] = []
      emitter[add]('news', function (this: unknown, text: string) {
        seen.push(this === emitter, text)
      })
      const [raw] = emitter.rawListeners('news') as [(text: string) => void]
      raw('by hand')
      emitter.emit('news', 'emitted')
      return [...seen, emitter.listenerCount('news')]
    })
    expect(seen).toEqual([true, 'by hand', 0])
  })

  test.each(ONCE)('%s goes through a replaced `on`, such as that of compression', async (add) => {
    const events = await handled((...both) => {
      const emitter = target(...both)
      const other = new EventEmitter()
      const method = add === 'once' ? 'on' : 'prependListener'
      const original = emitter[method].bind(emitter)
      emitter[method] = (event: string | symbol, listener: (...args: unknown[]) => void) => {
        if (event !== 'drain') return original(event, listener)
        other.on(event, listener)
        return emitter
      }
      const events: unknown[] = []
      emitter[add]('drain', () => events.push(activeId() !== undefined))
      emitter[add]('news', () => events.push('news'))
      other.emit('drain')
      other.emit('drain')
      emitter.emit('news')
      emitter.emit('news')
      return events
    })
    expect(events).toEqual([true, 'news'])
  })

  test('newListener and removeListener tell of the original', async () => {
    const calls = await handled((...both) => {
      const emitter = target(...both)
      const seen: unknown[] = []
      const tell = (what: string) => (event: string, listener: unknown) => {
        if (event === 'news' || event === 'other') seen.push(what, event, listener)
      }
      emitter.on('newListener', tell('new'))
      emitter.on('removeListener', tell('removed'))
      emitter.on('news', noop)
      emitter.once('other', noop)
      emitter.off('news', noop)
      emitter.emit('other')
      return seen
    })
    expect(calls).toEqual([
      ...['new', 'news', noop, 'new', 'other', noop, 'removed', 'news', noop],
      ...['removed', 'other', noop],
    ])
  })

  test.each(ADDING)('%s refuses what is no listener as Node.js does', async (add) => {
    const wrong = [undefined, null, 'text', {}, 7]
    const errorsOf = (emitter: EventEmitter): unknown[] =>
      wrong.map((listener) => {
        try {
          emitter[add]('news', listener as never)
          return 'nothing thrown'
        } catch (error) {
          return [(error as { code?: string }).code, (error as Error).message]
        }
      })
    const errors = await handled((...both) => errorsOf(target(...both)))
    expect(errors).toEqual(errorsOf(new EventEmitter()))
  })

  test('what the API binds to another context on top runs there, and is taken away by the original', async () => {
    const key = createContextKey('other')
    const { found, calls, count } = await handled(async (...both) => {
      const emitter = target(...both)
      context.bind(context.active().setValue(key, 'other'), emitter)
      const found: unknown[] = []
      let calls = 0
      const listener = (): void => void (calls += 1)
      for (const add of ADDING) {
        emitter[add]('news', () => found.push(context.active().getValue(key)))
        emitter[add]('other', listener)
        emitter.off('other', listener)
      }
      emitter.once('other', listener)
      for (let i = 0; i < 2; i++) await emitOutside(emitter, 'news')
      for (let i = 0; i < 2; i++) await emitOutside(emitter, 'other')
      return { found, calls, count: emitter.listenerCount('other') }
    })
    expect(found).toEqual(Array(ADDING.length + 3).fill('other'))
    expect({ calls, count }).toEqual({ calls: 1, count: 0 })
  })

  test('what a listener throws reaches the one who emits', async () => {
    const thrown = await handled((...both) => {
      const emitter = target(...both)
      emitter.on('news', () => {
        throw new Error('of the listener')
      })
      try {
        emitter.emit('news')
        return undefined
      } catch (error) {
        return (error as Error).message
      }
    })
    expect(thrown).toBe('of the listener')
  })

  test('a listener that was there before the request is left as it was', async () => {
    class Early extends IncomingMessage {
      constructor(...args: ConstructorParameters<typeof IncomingMessage>) {
        super(...args)
        this.on('news', early)
      }
    }
    class EarlyResponse extends ServerResponse {
      constructor(...args: ConstructorParameters<typeof ServerResponse>) {
        super(...args)
        this.on('news', early)
      }
    }
    const ids: unknown[] = []
    function early(): void {
      ids.push(activeId())
    }
    const raw = await handled(
      async (...both) => {
        await emitOutside(target(...both), 'news')
        return target(...both).rawListeners('news')
      },
      { IncomingMessage: Early, ServerResponse: EarlyResponse as never },
    )
    expect(ids).toEqual([undefined])
    expect(raw).toEqual([early])
  })

  test('of a subclass with methods of its own, listeners run in the context, and its methods are used', async () => {
    const used: string[] = []
    class Own extends IncomingMessage {
      override on(event: string | symbol, listener: AnyListener): this {
        used.push(`on ${String(event)}`)
        return super.on(String(event), listener)
      }
    }
    class OwnResponse extends ServerResponse {
      override on(event: string | symbol, listener: AnyListener): this {
        used.push(`on ${String(event)}`)
        return super.on(String(event), listener)
      }
    }
    const seen = await handled(
      async (...both) => {
        const emitter = target(...both)
        used.length = 0
        const ids = [activeId()]
        emitter.on('news', () => ids.push(activeId()))
        emitter.once('news', () => ids.push(activeId()))
        await emitOutside(emitter, 'news')
        await emitOutside(emitter, 'news')
        return { ids: new Set(ids), calls: ids.length, used: used.filter((entry) => entry === 'on news') }
      },
      { IncomingMessage: Own, ServerResponse: OwnResponse as never },
    )
    expect([...seen.ids]).toEqual([expect.any(String)])
    expect(seen).toMatchObject({ calls: 4, used: ['on news', 'on news'] })
  })
})

describe('of several requests', () => {
  const keepAlive = GET.replace('close', 'keep-alive')
  const keepAlivePost = POST.replace('close', 'keep-alive')

  /** Pairs of the span that handles a request, and the spans that its listeners found. */
  async function idsOf(write: (port: number) => Promise<unknown>): Promise<string[][]> {
    const { instrumentation, spans } = traced(lean)
    const ids: string[][] = []
    await using server = await serve(instrumentation, (request, response) => {
      const seen = [String(activeId())]
      ids.push(seen)
      request.on('data', () => seen.push(String(activeId())))
      request.on('end', () => {
        seen.push(String(activeId()))
        setImmediate(() => response.end('done'))
      })
      response.on('finish', () => seen.push(String(activeId())))
    })
    await write(server.port)
    await expect.poll(() => spans.ended.length).toBe(3)
    return ids
  }

  test.each([
    ['in turn', (port: number) => inTurn(port, [keepAlivePost, keepAlivePost, POST])],
    ['at once', (port: number) => inTurn(port, [keepAlivePost + keepAlivePost + POST])],
  ])('each has its own context on a connection that is kept, %s', async (_, write) => {
    const ids = await idsOf(write)
    expect(ids.map((seen) => seen.length)).toEqual([4, 4, 4])
    expect(ids.map((seen) => new Set(seen).size)).toEqual([1, 1, 1])
    expect(new Set(ids.flat()).size).toBe(3)
  })

  test('and the spans end each with its own response', async () => {
    const { instrumentation, spans } = traced(lean)
    await using server = await serve(instrumentation, (request, response) => {
      response.statusCode = request.method === 'POST' ? 201 : 404
      request.resume().on('end', () => response.end())
    })
    await inTurn(server.port, [keepAlive + keepAlivePost + GET])
    const statuses = spans.ended.map(
      ({ name, attributes }) => `${name} ${String(attributes['http.response.status_code'])}`,
    )
    expect(statuses).toEqual(['GET 404', 'POST 201', 'GET 404'])
  })
})

test('responses to a client that asks from within have nothing to do with it', async () => {
  await using other = await serve(traced(lean).instrumentation, (_, response) => response.end('answer'))
  const seen = await handled(
    () =>
      new Promise<unknown[]>((resolve) => {
        httpRequest({ port: other.port, host: '127.0.0.1', agent: false }, (response) => {
          const raw = response.on('data', noop).rawListeners('data')
          response.on('end', () => resolve(raw))
        }).end()
      }),
  )
  expect(seen).toEqual([noop])
})

test('listeners of a request of HTTP/2 that is handed to a server run in the context of the span', async () => {
  const { instrumentation, spans } = traced(lean)
  await using inner = await serve(instrumentation, (request, response) => {
    const ids = [activeId()]
    request.on('data', () => ids.push(activeId()))
    request.on('end', () => {
      ids.push(activeId())
      response.end(JSON.stringify(ids))
    })
  })
  const outer = createHttp2Server((request, response) => inner.server.emit('request', request, response))
  await once(outer.listen(0, '127.0.0.1'), 'listening')
  const client = connectHttp2(`http://127.0.0.1:${(outer.address() as AddressInfo).port}`)
  const stream = client.request({ ':method': 'POST', ':path': '/items' }).end('hello')
  let body = ''
  for await (const chunk of stream.setEncoding('utf8')) body += chunk as string
  client.close()
  outer.close()
  const [span] = spans.started
  expect(JSON.parse(body)).toEqual(Array(3).fill(span?.spanContext().spanId))
  expect(trace.getActiveSpan()).toBeUndefined()
})
