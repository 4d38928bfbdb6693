import { SpanStatusCode, type Span } from '@opentelemetry/api'
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { currentSpan } from '../../src/spans/current-context.js'
import { withSpan } from '../../src/spans/with-span.js'
import { TestTracing } from './tracing.js'

type Fulfilled<A> = ((value: string) => A | PromiseLike<A>) | null
type Rejected<B> = ((reason: unknown) => B | PromiseLike<B>) | null

/** Like a query builder's: the query runs at each `then`. */
class Query implements PromiseLike<string> {
  readonly spans: (Span | undefined)[] = []
  limitedTo = 0
  readonly #outcome: () => Promise<string>

  constructor(outcome: () => Promise<string> = () => Promise.resolve('rows')) {
    this.#outcome = outcome
  }

  limit(count: number): this {
    this.limitedTo = count
    return this
  }

  then<A = string, B = never>(onFulfilled?: Fulfilled<A>, onRejected?: Rejected<B>): Promise<A | B> {
    this.spans.push(currentSpan())
    return setImmediate()
      .then(() => {
        this.spans.push(currentSpan())
        return this.#outcome()
      })
      .then(onFulfilled, onRejected)
  }
}

test('a query builder comes back itself and can be built on', async () => {
  const tracing = new TestTracing()
  const query = new Query()
  const result = withSpan('query', () => query)
  expect(result).toBe(query)
  expect(tracing.names).toEqual([])
  expect(await result.limit(3)).toBe('rows')
  expect(query.limitedTo).toBe(3)
  expect(tracing.names).toEqual(['query'])
})

test('a query runs once, and the span is current while it does', async () => {
  new TestTracing()
  const query = new Query()
  let span: Span | undefined
  await withSpan('query', (active) => {
    span = active
    return query
  })
  expect(query.spans).toEqual([span, span])
})

test('a query of an unsampled span runs in it, so that nothing beneath it starts a trace', async () => {
  new TestTracing(new AlwaysOffSampler())
  const query = new Query()
  let span: Span | undefined
  await withSpan('query', (active) => {
    span = active
    return query
  })
  expect(query.spans[0]).toBe(span)
})

test('the span has ended when who awaits the query goes on', async () => {
  const tracing = new TestTracing()
  await withSpan('query', () => new Query()).then(() => {
    expect(tracing.names).toEqual(['query'])
  })
})

test('handlers run where they were given, not in the span', async () => {
  new TestTracing()
  const seen = await withSpan('outer', async (outer) => {
    const inHandler = await withSpan('query', () => new Query()).then(() => currentSpan())
    return inHandler === outer
  })
  expect(seen).toBe(true)
})

test('the first then ends the span; further ones are left to the query builder', async () => {
  const tracing = new TestTracing()
  const query = new Query()
  const result = withSpan('query', () => query)
  expect(await result).toBe('rows')
  expect(await result).toBe('rows')
  expect(tracing.names).toEqual(['query'])
  expect(query.spans.filter((span) => span !== undefined)).toHaveLength(2)
})

test('also a then that was kept from before is followed only once', async () => {
  new TestTracing()
  const query = new Query()
  const result = withSpan('query', () => query)
  const then = result.then.bind(result)
  await then()
  await then()
  expect(query.spans.map((span) => span !== undefined)).toEqual([true, true, false, false])
})

test('afterwards the object is as it was', async () => {
  new TestTracing()
  const query = new Query()
  await withSpan('query', () => query)
  expect(Object.getOwnPropertyNames(query).toSorted()).toEqual(['limitedTo', 'spans'])
})

test('the failure of a query is recorded and passed on', async () => {
  const tracing = new TestTracing()
  const error = new Error('no such table')
  await expect(withSpan('query', () => new Query(() => Promise.reject(error))).then((rows) => rows)).rejects.toBe(error)
  expect(tracing.named('query').status).toEqual({ code: SpanStatusCode.ERROR, message: 'no such table' })
})

test('a then that throws ends the span', () => {
  const tracing = new TestTracing()
  const broken = {
    then() {
      throw new Error('broken')
    },
  }
  expect(() => {
    withSpan('query', () => broken).then()
  }).toThrow('broken')
  expect(tracing.named('query').status.code).toBe(SpanStatusCode.ERROR)
})

test('spans around spans around one query each end once', async () => {
  const tracing = new TestTracing()
  await withSpan('outer', () => withSpan('inner', () => new Query()))
  expect(tracing.names).toEqual(['inner', 'outer'])
})

test('catch and finally end the span also where the library does not go through then', async () => {
  const tracing = new TestTracing()
  const prismaLike = () => {
    const run = () => Promise.reject(new Error('refused'))
    return {
      then: (onFulfilled: Fulfilled<string>, onRejected: Rejected<string>) => run().then(onFulfilled, onRejected),
      catch: (onRejected: Rejected<string>) => run().catch(onRejected),
      finally: (onFinally: () => void) => run().finally(onFinally),
    }
  }
  expect(await withSpan('one', prismaLike).catch(() => 'caught')).toBe('caught')
  await expect(withSpan('two', prismaLike).finally(() => {})).rejects.toThrow('refused')
  expect(tracing.names).toEqual(['one', 'two'])
})

test('a thenable that is a function is one, too', async () => {
  const tracing = new TestTracing()
  const callable = Object.assign(() => 'called', { then: (done: (value: string) => void) => done('value') })
  const result = withSpan('query', () => callable)
  expect(result()).toBe('called')
  expect(tracing.names).toEqual([])
  expect(await result).toBe('value')
  expect(tracing.names).toEqual(['query'])
})

test('a frozen thenable is given back untouched', async () => {
  const tracing = new TestTracing()
  const frozen = Object.freeze({ then: (done: (value: string) => void) => done('value') })
  expect(withSpan('query', () => frozen)).toBe(frozen)
  expect(tracing.names).toEqual(['query'])
  expect(await frozen).toBe('value')
})
