import { context } from '@opentelemetry/api'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { bindContext } from '../../src/context/bind-context.js'
import { TestTracing } from '../spans/tracing.js'
import { inRequest, request } from './active-baggage.js'

describe('a function', () => {
  test('runs in the context in which it was bound, with this, its arguments and its result', () => {
    new TestTracing()
    const account = {
      owner: 'Ada',
      greet: inRequest('r1', () =>
        bindContext(function (this: { owner: string }, word: string) {
          return [request(), `${word} ${this.owner}`]
        }),
      ),
    }
    expect(inRequest('r2', () => account.greet('hello'))).toEqual(['r1', 'hello Ada'])
  })

  test('keeps its name and its length, which Express looks at', () => {
    new TestTracing()
    function onError(_error: unknown, _request: unknown, _response: unknown, _next: unknown): void {}
    const bound = bindContext(onError)
    expect(bound).not.toBe(onError)
    expect([bound.name, bound.length]).toEqual(['onError', 4])
  })

  test('that was bound outside of a request stays outside of it', () => {
    new TestTracing()
    const bound = bindContext(request)
    expect(inRequest('r1', bound)).toBeUndefined()
  })

  test('bound twice keeps the first context', () => {
    new TestTracing()
    const first = inRequest('r1', () => bindContext(request))
    expect(inRequest('r2', () => bindContext(first))()).toBe('r1')
  })

  test('that throws throws the same error', () => {
    new TestTracing()
    const error = new Error('no stock')
    const bound = bindContext(() => {
      throw error
    })
    expect(bound).toThrow(error)
  })

  test('that makes a generator gives it the context, step by step', async () => {
    new TestTracing()
    const [pages, asyncPages] = inRequest('r1', () => [
      bindContext(function* () {
        yield request()
      }),
      bindContext(async function* () {
        await setImmediate()
        yield request()
      }),
    ])
    expect([...pages()]).toEqual(['r1'])
    expect(await Array.fromAsync(asyncPages())).toEqual(['r1'])
  })
})

function* pages(): Generator<string | undefined, void> {
  try {
    yield request()
    yield request()
  } finally {
    closedIn = request()
  }
}
let closedIn: string | undefined

async function* asyncPages(): AsyncGenerator<string | undefined, void> {
  yield request()
  await setImmediate()
  yield request()
}

describe('an iterator', () => {
  test('without bindContext runs in the context of who asks for the next step', () => {
    new TestTracing()
    const steps = inRequest('r1', pages)
    expect(inRequest('r2', () => [...steps])).toEqual(['r2', 'r2'])
  })

  test('runs each step in its context and leaves the consumer in his own', () => {
    new TestTracing()
    const steps = inRequest('r1', () => bindContext(pages()))
    const seen = inRequest('r2', () => steps.map((step) => [step, request()]).toArray())
    expect(seen).toEqual([
      ['r1', 'r2'],
      ['r1', 'r2'],
    ])
  })

  test('that is async runs each step in its context, also those asked for at once', async () => {
    new TestTracing()
    const steps = inRequest('r1', () => bindContext(asyncPages()))
    const results = await inRequest('r2', () => Promise.all([steps.next(), steps.next()]))
    expect(results.map(({ value }) => value as unknown)).toEqual(['r1', 'r1'])
  })

  test('is closed in its context when the loop is left early', () => {
    new TestTracing()
    closedIn = undefined
    for (const step of inRequest('r1', () => bindContext(pages()))) {
      expect(step).toBe('r1')
      break
    }
    expect(closedIn).toBe('r1')
  })

  test('stays the same object, and takes the context of the last bind', () => {
    new TestTracing()
    const steps = pages()
    expect(inRequest('r1', () => bindContext(steps))).toBe(steps)
    const before = Object.getOwnPropertyDescriptors(steps)
    inRequest('r2', () => bindContext(steps))
    expect(Object.getOwnPropertyDescriptors(steps)).toEqual(before)
    expect(steps.next().value).toBe('r2')
  })

  test('can be one that was written by hand, with private fields', () => {
    new TestTracing()
    class Cursor {
      #left = 1
      next(): IteratorResult<string | undefined> {
        return this.#left-- > 0 ? { done: false, value: request() } : { done: true, value: undefined }
      }
      [Symbol.iterator](): this {
        return this
      }
    }
    expect([...inRequest('r1', () => bindContext(new Cursor()))]).toEqual(['r1'])
  })
})

test('anything else comes back untouched', () => {
  new TestTracing()
  const observer = { next: request, error: request, complete: request }
  const things: unknown[] = [undefined, null, 7, 'text', [request], new Map(), Promise.resolve(1), { id: 1 }]
  inRequest('r1', () => {
    for (const thing of things) expect(bindContext(thing)).toBe(thing)
    expect(bindContext(observer).next()).toBe('r1')
  })
  expect(observer.next()).toBeUndefined()
})

test('a frozen iterator comes back as it is, and does not throw', () => {
  new TestTracing()
  const steps = Object.freeze(pages())
  expect(inRequest('r1', () => bindContext(steps)).next().value).toBeUndefined()
})

test('without a context manager everything comes back as it is', () => {
  context.disable()
  const emitter = new AbortController().signal
  expect(bindContext(request)).toBe(request)
  expect(bindContext(emitter)).toBe(emitter)
  expect(Object.getOwnPropertyNames(emitter)).toEqual([])
  expect(Object.getOwnPropertyNames(bindContext(pages()))).toEqual([])
})
