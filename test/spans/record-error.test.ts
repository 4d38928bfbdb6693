import { SpanStatusCode, type Attributes } from '@opentelemetry/api'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { recordError } from '../../src/spans/record-error.js'
import { withSpan } from '../../src/spans/with-span.js'
import { TestTracing } from './tracing.js'

function recorded(error: unknown): { event: Attributes; attributes: Attributes; message: string | undefined } {
  const tracing = new TestTracing()
  withSpan('work', () => {
    recordError(error)
  })
  const span = tracing.named('work')
  expect(span.status.code).toBe(SpanStatusCode.ERROR)
  expect(span.events.map(({ name }) => name)).toEqual(['exception'])
  return { event: span.events[0]?.attributes ?? {}, attributes: span.attributes, message: span.status.message }
}

test('an error becomes an exception event with type, message and stack', () => {
  const error = new RangeError('too far')
  expect(recorded(error)).toEqual({
    event: {
      'exception.type': 'RangeError',
      'exception.message': 'too far',
      'exception.stacktrace': error.stack,
    },
    attributes: { 'error.type': 'RangeError' },
    message: 'too far',
  })
})

test('the function goes on after a recorded error', () => {
  new TestTracing()
  expect(
    withSpan('work', () => {
      recordError(new Error('handled'))
      return 'fallback'
    }),
  ).toBe('fallback')
})

test('an error that was recorded by hand is not recorded again when it is thrown', () => {
  const tracing = new TestTracing()
  const error = new Error('once')
  expect(() =>
    withSpan('work', () => {
      recordError(error)
      throw error
    }),
  ).toThrow(error)
  expect(tracing.named('work').events).toHaveLength(1)
})

test('outside of a span nothing happens', () => {
  new TestTracing()
  expect(() => {
    recordError(new Error('unheard'))
  }).not.toThrow()
})

test('a class that does not set its name is known by its constructor', () => {
  class PaymentError extends Error {}
  expect(recorded(new PaymentError('no')).event['exception.type']).toBe('PaymentError')
})

test('error.type is the code where the error has one', () => {
  const { event, attributes } = recorded(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
  expect(attributes['error.type']).toBe('ECONNREFUSED')
  expect(event['exception.type']).toBe('Error')
})

test('a code that is a sentence is not an error.type', () => {
  const error = Object.assign(new Error('odd'), { code: 'order 17 is gone' })
  expect(recorded(error).attributes['error.type']).toBe('Error')
})

test('the causes follow in the stack trace', () => {
  const socket = new Error('socket closed')
  const query = new TypeError('query failed', { cause: socket })
  const { event } = recorded(new Error('checkout failed', { cause: query }))
  const stack = String(event['exception.stacktrace'])
  expect(stack).toMatch(
    /^Error: checkout failed\n[^]*\nCaused by: TypeError: query failed\n[^]*\nCaused by: Error: socket closed\n/,
  )
})

test('the errors of an AggregateError follow in the stack trace', () => {
  const { event } = recorded(new AggregateError([new Error('first'), new TypeError('second')], 'all failed'))
  expect(event['exception.stacktrace']).toMatch(
    /^AggregateError: all failed\n[^]*\nError 1: Error: first\n[^]*\nError 2: TypeError: second\n/,
  )
})

test('errors that are causes of each other come to an end', () => {
  const one = new Error('one')
  const two = new Error('two', { cause: one })
  one.cause = two
  expect(recorded(one).event['exception.stacktrace']).toMatch(/Caused by: \[circular\]$/)
})

test('a long chain of causes is bounded in depth and in size', () => {
  let error = new Error('innermost')
  for (let i = 0; i < 1_000; i++) error = new Error(`level ${i} ${'x'.repeat(5_000)}`, { cause: error })
  const { event, message } = recorded(error)
  expect(String(event['exception.stacktrace']).length).toBeLessThanOrEqual(16_384)
  expect(String(event['exception.message']).length).toBeLessThanOrEqual(2_048)
  expect(String(message).length).toBeLessThanOrEqual(2_048)
})

test('an aggregate of very many errors is bounded', () => {
  const many = Array.from({ length: 5_000 }, (_, index) =>
    Object.assign(new Error(`e${index}`), { stack: `e${index}` }),
  )
  const { event } = recorded(new AggregateError(many, 'many'))
  expect(String(event['exception.stacktrace']).match(/^Error \d+: e\d+$/gm)?.length).toBe(23)
})

test.each<[string, unknown, Attributes]>([
  ['a string', 'no disk', { 'exception.type': 'string', 'exception.message': 'no disk' }],
  ['a number', 42, { 'exception.type': 'number', 'exception.message': '42' }],
  ['undefined', undefined, { 'exception.type': 'undefined', 'exception.message': 'undefined' }],
  ['null', null, { 'exception.type': 'null', 'exception.message': 'null' }],
  ['a symbol', Symbol('s'), { 'exception.type': 'symbol', 'exception.message': 'Symbol(s)' }],
  ['an object', { status: 'gone' }, { 'exception.type': 'Object', 'exception.message': "{ status: 'gone' }" }],
  ['an object like an error', { name: 'Oops', message: 'hm' }, { 'exception.type': 'Oops', 'exception.message': 'hm' }],
  ['an object without prototype', Object.create(null), { 'exception.message': '[Object: null prototype] {}' }],
])('anything can be thrown: %s', (_name, thrown, expected) => {
  expect(recorded(thrown).event).toMatchObject(expected)
})

test('an error of another realm is an error', () => {
  const { event } = recorded(runInNewContext('new TypeError("foreign", { cause: new Error("inner") })'))
  expect(event['exception.type']).toBe('TypeError')
  expect(event['exception.stacktrace']).toMatch(/^TypeError: foreign\n[^]*Caused by: Error: inner\n/)
})

test('getters and proxies that throw do no harm', () => {
  const hostile = new Error('hidden')
  for (const key of ['name', 'message', 'stack', 'cause', 'errors', 'code', 'constructor']) {
    Object.defineProperty(hostile, key, {
      get() {
        throw new Error('from the getter')
      },
    })
  }
  expect(recorded(hostile).event['exception.type']).toBe('Error')
})

test('a proxy that refuses everything does no harm', () => {
  const refuse = (): never => {
    throw new Error('refused')
  }
  const hostile: unknown = new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse })
  expect(recorded(hostile).event['exception.type']).toBe('Error')
})
