import { trace } from '@opentelemetry/api'
import { afterEach, describe, expect, test } from 'vitest'
import { withFlush, type WithFlushOptions } from '../../src/serverless/with-flush.js'
import { TracingConfigError } from '../../src/internal/checks/validate.js'
import { runningFlush, setRunningFlush } from '../../src/internal/process-exit/running-flush.js'
import { startTracing } from '../../src/start-tracing.js'
import type { Tracing } from '../../src/tracing.js'
import { otlpSink, type OtlpSink } from '../helpers/otlp-sink.js'

let tracing: Tracing | undefined
afterEach(async () => {
  setRunningFlush(undefined)
  await tracing?.shutdown()
  tracing = undefined
})

/** Tracing that flushes by itself only after a minute. */
function startTracingTo(sink: OtlpSink): void {
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = sink.httpUrl
  tracing = startTracing({ instrumentations: [], batch: { scheduledDelayMillis: 60_000 }, shutdownTimeoutMillis: 100 })
  setRunningFlush((options) => tracing?.flush(options) ?? Promise.resolve())
}

const endSpan = (name: string): void => trace.getTracer('app').startSpan(name).end()

describe('before the caller goes on', () => {
  test('the spans of the call have arrived, when it returned', async () => {
    await using sink = await otlpSink()
    startTracingTo(sink)
    const handler = withFlush(() => {
      endSpan('work')
      return 'done'
    })
    expect(await handler()).toBe('done')
    expect(sink.spans().map(({ name }) => name)).toEqual(['work'])
  })

  test('the spans of the call have arrived, when it failed', async () => {
    await using sink = await otlpSink()
    startTracingTo(sink)
    const error = new Error('declined')
    const handler = withFlush(async () => {
      await Promise.resolve()
      endSpan('work')
      throw error
    })
    await expect(handler()).rejects.toBe(error)
    expect(sink.spans().map(({ name }) => name)).toEqual(['work'])
  })

  test('a backend that hangs is waited for no longer than the time given', async () => {
    await using sink = await otlpSink()
    sink.respondWith({ kind: 'hang' })
    startTracingTo(sink)
    const handler = withFlush(() => endSpan('work'), { timeoutMillis: 200 })
    const before = performance.now()
    await handler()
    const tookMillis = performance.now() - before
    expect(tookMillis).toBeGreaterThan(150)
    expect(tookMillis).toBeLessThan(900)
  })
})

describe('the flush', () => {
  test('begins when the handler has settled, and has a second by default', async () => {
    const events: string[] = []
    setRunningFlush(({ timeoutMillis }) => {
      events.push(`flush ${timeoutMillis}`)
      return Promise.resolve()
    })
    const handler = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve))
      events.push('handled')
    }
    await withFlush(handler)()
    await withFlush(handler, { timeoutMillis: 0 })()
    expect(events).toEqual(['handled', 'flush 1000', 'handled', 'flush 0'])
  })

  test.each([
    ['throws', () => fail()],
    ['rejects', () => Promise.reject(new Error('no backend'))],
  ])('leaves the result and the error as they are when it %s', async (_how, flush) => {
    setRunningFlush(flush)
    const result = {}
    const error = new Error('declined')
    expect(await withFlush(() => result)()).toBe(result)
    await expect(withFlush(() => Promise.reject(error))()).rejects.toBe(error)
  })

  test('is looked for at each call, so that tracing may start after the wrapping and stop again', async () => {
    let flushes = 0
    const handler = withFlush(() => 'done')
    expect(await handler()).toBe('done')
    setRunningFlush(() => Promise.resolve(void (flushes += 1)))
    await handler()
    setRunningFlush(undefined)
    expect(runningFlush()).toBeUndefined()
    await handler()
    expect(flushes).toBe(1)
  })
})

describe('the wrapped handler', () => {
  test('passes on this and all arguments', async () => {
    const shop = {
      name: 'shop',
      handle: withFlush(function (this: unknown, ...args: number[]) {
        return { self: this, args }
      }),
    }
    expect(await shop.handle(1, 2, 3)).toEqual({ self: shop, args: [1, 2, 3] })
  })

  test('rejects with what the handler throws before its first await, the same object', async () => {
    const error = new Error('declined')
    const handler = withFlush(() => {
      throw error
    })
    await expect(handler()).rejects.toBe(error)
  })

  test('keeps its name and the number of its parameters', () => {
    const { name, length } = withFlush(function charge(event: string, context: string) {
      return event + context
    })
    expect({ name, length }).toEqual({ name: 'charge', length: 2 })
  })
})

describe('what is wrong is refused where the handler is wrapped:', () => {
  test.each([
    ['a negative time', { timeoutMillis: -1 }, 'ERR_OPTION_RANGE'],
    ['not a number', { timeoutMillis: Number.NaN }, 'ERR_OPTION_RANGE'],
    ['a time that no timer can wait', { timeoutMillis: 2 ** 31 }, 'ERR_OPTION_RANGE'],
    ['a time as a string', { timeoutMillis: '1000' }, 'ERR_OPTION_TYPE'],
    ['an option that is not known', { timeout: 1_000 }, 'ERR_OPTION_UNKNOWN'],
    ['options that are no object', 1_000, 'ERR_OPTION_TYPE'],
    ['null', null, 'ERR_OPTION_TYPE'],
  ])('%s', (_what, options, code) => {
    const wrap = (): unknown => withFlush(() => {}, options as WithFlushOptions)
    expect(wrap).toThrow(TracingConfigError)
    expect(wrap).toThrow(expect.objectContaining({ code }))
  })

  test('a handler that is no function', () => {
    expect(() => withFlush('index.handler' as never)).toThrow(expect.objectContaining({ option: 'handler' }))
  })
})

function fail(): never {
  throw new Error('broken')
}
