import { SpanStatusCode, type Span } from '@opentelemetry/api'
import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { currentSpan } from '../../src/spans/current-context.js'
import { withSpan } from '../../src/spans/with-span.js'
import { TestTracing } from './tracing.js'

test('a generator is in the span at each step, which ends with the last one', () => {
  const tracing = new TestTracing()
  const spans: unknown[] = []
  const steps = withSpan('pages', function* (span) {
    spans.push(currentSpan() === span)
    yield 1
    spans.push(currentSpan() === span)
    yield 2
  })
  expect(tracing.names).toEqual([])
  expect([...steps]).toEqual([1, 2])
  expect(spans).toEqual([true, true])
  expect(tracing.names).toEqual(['pages'])
})

test('an async generator is in the span at each step, which ends with the last one', async () => {
  const tracing = new TestTracing()
  const spans: unknown[] = []
  const steps = withSpan('pages', async function* (span) {
    await setImmediate()
    spans.push(currentSpan() === span)
    yield 1
    await setImmediate()
    spans.push(currentSpan() === span)
    yield 2
  })
  const seen: number[] = []
  for await (const step of steps) {
    seen.push(step)
    expect(currentSpan()).toBeUndefined()
    expect(tracing.names).toEqual([])
  }
  expect(seen).toEqual([1, 2])
  expect(spans).toEqual([true, true])
  expect(tracing.names).toEqual(['pages'])
})

test('leaving the loop early ends the span and runs the finally of the generator', () => {
  const tracing = new TestTracing()
  let cleaned = false
  const numbers = () =>
    withSpan('pages', function* () {
      try {
        yield 1
        yield 2
      } finally {
        cleaned = true
      }
    })
  for (const number of numbers()) {
    expect(number).toBe(1)
    break
  }
  expect(cleaned).toBe(true)
  expect(tracing.named('pages').status.code).toBe(SpanStatusCode.UNSET)
})

test('leaving an async loop early ends the span', async () => {
  const tracing = new TestTracing()
  const pages = withSpan('pages', async function* () {
    await setImmediate()
    yield 1
    yield 2
  })
  for await (const _page of pages) break
  expect(tracing.names).toEqual(['pages'])
})

test.each([
  [
    'sync',
    () =>
      withSpan('pages', function* () {
        yield 1
        throw new Error('page lost')
      }),
  ],
  [
    'async',
    () =>
      withSpan('pages', async function* () {
        await setImmediate()
        yield 1
        throw new Error('page lost')
      }),
  ],
])('an error in a step is recorded and thrown: %s', async (_kind, pages) => {
  const tracing = new TestTracing()
  const readAll = async (): Promise<void> => {
    for await (const page of pages()) expect(page).toBe(1)
  }
  await expect(readAll()).rejects.toThrow('page lost')
  expect(tracing.named('pages').status).toEqual({ code: SpanStatusCode.ERROR, message: 'page lost' })
  expect(tracing.names).toEqual(['pages'])
})

test('an error thrown into the generator ends the span with ERROR', () => {
  const tracing = new TestTracing()
  const pages = withSpan('pages', function* () {
    yield 1
  })
  pages.next()
  expect(() => pages.throw(new Error('stop it'))).toThrow('stop it')
  expect(tracing.named('pages').status).toEqual({ code: SpanStatusCode.ERROR, message: 'stop it' })
})

test('values go in through next, and come out through return', () => {
  new TestTracing()
  const echo = withSpan('echo', function* (): Generator<string, string, string> {
    const name = yield 'who?'
    return `hello ${name}`
  })
  expect(echo.next()).toEqual({ value: 'who?', done: false })
  expect(echo.next('you')).toEqual({ value: 'hello you', done: true })
})

test('a generator keeps what generators can do', () => {
  const tracing = new TestTracing()
  const makeNumbers = function* (): Generator<number> {
    yield* [1, 2, 3, 4]
  }
  const numbers = withSpan('numbers', makeNumbers)
  expect(numbers[Symbol.iterator]()).toBe(numbers)
  expect(Object.prototype.toString.call(numbers)).toBe('[object Generator]')
  expect(numbers).toBeInstanceOf(makeNumbers)
  expect([...numbers.map((n) => n * 2).take(2)]).toEqual([2, 4])
  expect(tracing.names).toEqual(['numbers'])
})

test('disposing of a generator ends the span', async () => {
  const tracing = new TestTracing()
  {
    using numbers = withSpan('sync', function* () {
      yield 1
    })
    numbers.next()
  }
  {
    await using numbers = withSpan('async', async function* () {
      await setImmediate()
      yield 1
    })
    await numbers.next()
  }
  expect(tracing.names).toEqual(['sync', 'async'])
})

test('an iterator of a class keeps its private fields, its other methods and what is set on it', () => {
  const tracing = new TestTracing()
  class Countdown implements IterableIterator<number> {
    label = ''
    #left = 2
    next(): IteratorResult<number, undefined> {
      return this.#left > 0 ? { value: this.#left--, done: false } : { value: undefined, done: true }
    }
    left(): number {
      return this.#left
    }
    [Symbol.iterator](): this {
      return this
    }
  }
  const countdown = new Countdown()
  const result = withSpan('countdown', () => countdown)
  result.label = 'set'
  expect(countdown.label).toBe('set')
  expect(result.next().value).toBe(2)
  expect(result.left()).toBe(1)
  expect([...result]).toEqual([1])
  expect(tracing.names).toEqual(['countdown'])
})

test('a plain object with a next is an iterator, and leaving it early ends the span', () => {
  const tracing = new TestTracing()
  const plain = Object.freeze({ next: () => ({ value: 1, done: false }) })
  const result: Iterator<number> = withSpan('plain', () => plain)
  for (const value of { [Symbol.iterator]: () => result }) {
    expect(value).toBe(1)
    break
  }
  expect(tracing.names).toEqual(['plain'])
})

test('the iterators of maps are followed', () => {
  const tracing = new TestTracing()
  const entries = withSpan('entries', () => new Map([['a', 1]]).entries())
  expect(tracing.names).toEqual([])
  expect([...entries]).toEqual([['a', 1]])
  expect(tracing.names).toEqual(['entries'])
})

const refuse = (): never => {
  throw new Error('refused')
}

test.each<[string, (span: Span) => unknown]>([
  ['an array', () => [1, 2]],
  ['a map', () => new Map([[1, 2]])],
  ['a set', () => new Set([1])],
  ['null', () => null],
  ['a function', () => () => 1],
  ['an instance of a class', () => new Date()],
  ['an emitter with a next', () => Object.assign(new EventEmitter(), { next: () => 1 })],
  ['a subject', () => ({ next: () => {}, complete: () => {}, subscribe: () => {} })],
  ['a node of a linked list', () => ({ value: 1, next: { value: 2, next: null } })],
  ['a buffer', () => Buffer.from('text')],
  [
    'an object whose getters throw',
    () => ({
      get then() {
        throw new Error('getter')
      },
      get next() {
        throw new Error('getter')
      },
    }),
  ],
  ['a proxy that refuses everything', () => new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse })],
])('%s comes back as it is, and the span has ended', (_name, make) => {
  const tracing = new TestTracing()
  let made: unknown
  const result = withSpan('value', (span) => (made = make(span)))
  expect(Object.is(result, made)).toBe(true)
  expect(tracing.names).toEqual(['value'])
})
