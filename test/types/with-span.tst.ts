import type { Span } from '@opentelemetry/api'
import { expect, test } from 'tstyche'
import { withBaggage, suppressed } from '../../src/spans/current-context.js'
import { withDbSpan } from '../../src/spans/db-span.js'
import { withHttpSpan, tracedFetch } from '../../src/spans/http-span.js'
import { withMessageSpan } from '../../src/messaging/message-span.js'
import { withSpan } from '../../src/spans/with-span.js'

interface Order {
  id: number
}
declare const order: Order
declare function load(): Promise<Order>

test('the result is that of the function', () => {
  expect(withSpan('n', () => order)).type.toBe<Order>()
  expect(withSpan('n', () => 1 as const)).type.toBe<1>()
  expect(withSpan('n', () => [order])).type.toBe<Order[]>()
  expect(withSpan('n', (): Order | undefined => order)).type.toBe<Order | undefined>()
})

test('a promise stays a promise, of the same value', () => {
  expect(withSpan('n', async () => await load())).type.toBe<Promise<Order>>()
  expect(
    withSpan('n', async () => {
      await load()
    }),
  ).type.toBe<Promise<void>>()
})

test('void and never stay what they are', () => {
  const nothing = () => withSpan('n', () => {})
  expect(nothing).type.toBe<() => void>()
  expect(
    withSpan('n', () => {
      throw new Error()
    }),
  ).type.toBe<never>()
})

test('generators stay generators, with all three of their types', () => {
  expect(
    withSpan('n', function* (): Generator<Order, string, boolean> {
      yield order
      return 'end'
    }),
  ).type.toBe<Generator<Order, string, boolean>>()
  expect(
    withSpan('n', async function* () {
      yield await load()
    }),
  ).type.toBe<AsyncGenerator<Order, void, unknown>>()
})

test('a query builder keeps its type', () => {
  class Query implements PromiseLike<Order[]> {
    declare then: PromiseLike<Order[]>['then']
    declare limit: (count: number) => this
  }
  expect(withSpan('n', () => new Query())).type.toBe<Query>()
  expect(withSpan('n', () => new Query()).limit(1)).type.toBe<Query>()
})

test('generic functions around it keep their type parameter', () => {
  const around = <T>(fn: () => T) => withSpan('n', fn)
  expect(around(() => order)).type.toBe<Order>()
})

test('the function gets a span', () => {
  withSpan('n', (span) => expect(span).type.toBe<Span>())
  withSpan('n', {}, (span) => expect(span).type.toBe<Span>())
})

test('options stand between name and function', () => {
  expect(withSpan('n', { attributes: { a: 1 }, root: true }, () => order)).type.toBe<Order>()
  expect(withSpan('n', { signal: AbortSignal.abort() }, () => load())).type.toBe<Promise<Order>>()
  expect(withSpan('n', { signal: undefined }, () => order)).type.toBe<Order>()
})

test('wrong uses are errors', () => {
  expect(withSpan).type.not.toBeCallableWith('n')
  expect(withSpan).type.not.toBeCallableWith(() => order)
  expect(withSpan).type.not.toBeCallableWith('n', { attributes: {} })
  expect(withSpan).type.not.toBeCallableWith('n', () => order, { attributes: {} })
  expect(withSpan).type.not.toBeCallableWith('n', { atributes: {} }, () => order)
  expect(withSpan).type.not.toBeCallableWith('n', { signal: new AbortController() }, () => order)
  expect(withSpan).type.not.toBeCallableWith('n', (span: string) => span)
})

test('the helpers give the result of the function, too', () => {
  expect(withDbSpan({ system: 'postgresql' }, async () => [await load()])).type.toBe<Promise<Order[]>>()
  expect(withMessageSpan({ system: 'kafka', destination: 'd', operation: 'send' }, () => 1)).type.toBe<number>()
  expect(withBaggage({ tenant: 'acme' }, () => order)).type.toBe<Order>()
  expect(suppressed(() => load())).type.toBe<Promise<Order>>()
  expect(
    withHttpSpan({ method: 'GET', url: 'http://localhost' }, (_span, headers) => {
      expect(headers).type.toBe<Record<string, string>>()
      return order
    }),
  ).type.toBe<Order>()
})

test('the helpers refuse what the conventions do not know', () => {
  expect(withMessageSpan).type.not.toBeCallableWith({ system: 'k', destination: 'd', operation: 'publish' }, () => 1)
  expect(withDbSpan).type.not.toBeCallableWith({ statement: 'SELECT 1' }, () => 1)
  expect(withHttpSpan).type.not.toBeCallableWith({ method: 'GET' }, () => 1)
  expect(withBaggage).type.not.toBeCallableWith({ tenant: 1 }, () => 1)
})

test('tracedFetch is a fetch', () => {
  expect(tracedFetch).type.toBe<typeof fetch>()
})
