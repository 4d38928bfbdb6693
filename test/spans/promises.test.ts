import { SpanStatusCode } from '@opentelemetry/api'
import { runInNewContext } from 'node:vm'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { currentSpan } from '../../src/spans/current-context.js'
import { withSpan } from '../../src/spans/with-span.js'
import { TestTracing } from './tracing.js'

test('the span ends when the promise is fulfilled, before who awaits it goes on', async () => {
  const tracing = new TestTracing()
  const { promise, resolve } = Promise.withResolvers<number>()
  const result = withSpan('work', () => promise)
  expect(tracing.names).toEqual([])
  resolve(1)
  expect(await result).toBe(1)
  expect(tracing.names).toEqual(['work'])
})

test('a rejection is recorded and rejects with the same object', async () => {
  const tracing = new TestTracing()
  const error = new RangeError('too far')
  await expect(withSpan('work', () => Promise.reject(error))).rejects.toBe(error)
  expect(tracing.named('work')).toMatchObject({
    status: { code: SpanStatusCode.ERROR, message: 'too far' },
    attributes: { 'error.type': 'RangeError' },
  })
})

test('calls then on the promise exactly once', async () => {
  new TestTracing()
  let calls = 0
  class Counted<T> extends Promise<T> {
    static override get [Symbol.species](): PromiseConstructor {
      calls += 1
      return Promise
    }
  }
  await withSpan('work', () => Counted.resolve(1))
  expect(calls).toBe(1)
})

test('a rejection that nobody handles is reported once', async () => {
  new TestTracing()
  const reported: unknown[] = []
  const own = process.rawListeners('unhandledRejection') as NodeJS.UnhandledRejectionListener[]
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (reason) => reported.push(reason))
  onTestFinished(() => {
    process.removeAllListeners('unhandledRejection')
    for (const listener of own) process.on('unhandledRejection', listener)
  })
  const error = new Error('nobody cares')
  void withSpan('work', () => Promise.reject(error))
  await setImmediate()
  await setImmediate()
  expect(reported).toEqual([error])
})

test('a promise of a subclass stays one of its kind', async () => {
  const tracing = new TestTracing()
  class Cancellable<T> extends Promise<T> {
    cancel(): string {
      return 'cancelled'
    }
  }
  const result = withSpan('work', () => new Cancellable<number>((resolve) => resolve(1)))
  expect(result.cancel()).toBe('cancelled')
  expect(await result).toBe(1)
  expect(tracing.names).toEqual(['work'])
})

test('a promise of another realm is a promise', async () => {
  const tracing = new TestTracing()
  const foreign = runInNewContext('Promise.resolve(1)') as Promise<number>
  const result = withSpan('work', () => foreign)
  expect(result).not.toBe(foreign)
  expect(Object.hasOwn(foreign, 'then')).toBe(false)
  expect(await result).toBe(1)
  expect(tracing.names).toEqual(['work'])
})

test('a subclass that starts its work in then comes back itself, and works in the span', async () => {
  const tracing = new TestTracing()
  const current: unknown[] = []
  class LazyQuery extends Promise<string> {
    static override get [Symbol.species](): PromiseConstructor {
      return Promise
    }
    override then<A = string, B = never>(
      onFulfilled?: ((value: string) => A | PromiseLike<A>) | null,
      onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
    ): Promise<A | B> {
      current.push(currentSpan())
      return super.then(onFulfilled, onRejected)
    }
  }
  const query = new LazyQuery((resolve) => {
    resolve('rows')
  })
  let span: unknown
  const result = withSpan('query', (active) => {
    span = active
    return query
  })
  expect(result).toBe(query)
  expect(current).toEqual([])
  expect(await result).toBe('rows')
  expect(current).toEqual([span])
  expect(tracing.names).toEqual(['query'])
})
