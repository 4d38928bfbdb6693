import { propagation, ROOT_CONTEXT, type TextMapPropagator } from '@opentelemetry/api'
import { afterEach, expect, test } from 'vitest'
import { carrierGetter, carrierSetter } from './any-carrier.js'
import { extractTraceContext } from '../../../src/propagation/extract-trace-context.js'
import { injectTraceContext } from '../../../src/propagation/inject-trace-context.js'
import { traceparent } from '../../../src/propagation/current-traceparent.js'
import {
  ALL_OF_IT,
  registerW3cPropagation,
  SENDER,
  TRACEPARENT,
  travelled,
  useW3cPropagation,
} from './w3c-propagation.js'

useW3cPropagation()

afterEach(() => {
  propagation.disable()
  registerW3cPropagation()
})

const inject = (carrier: unknown): unknown => injectTraceContext(carrier as object, { context: SENDER })

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function fail(): never {
  throw Object.create(null)
}

test.for([
  ['a number', 5],
  ['a text', TRACEPARENT],
  ['a symbol', Symbol('carrier')],
  ['a function', (): void => {}],
  ['a revoked proxy', revoked()],
  ['a Buffer', Buffer.from(TRACEPARENT)],
  ['a promise', Promise.resolve()],
  ['an array without an end', new Array(2 ** 32 - 1)],
] as const)('%s carries nothing, and comes back', ([, carrier]) => {
  expect(inject(carrier)).toBe(carrier)
  expect(extractTraceContext(carrier)).toBe(ROOT_CONTEXT)
  expect(carrierGetter.keys(carrier)).toEqual([])
  expect(carrierGetter.get(carrier, 'traceparent')).toBeUndefined()
  carrierSetter.set(carrier, 'traceparent', TRACEPARENT)
})

test('null and undefined carry nothing', () => {
  for (const carrier of [null, undefined]) {
    expect(extractTraceContext(carrier)).toBe(ROOT_CONTEXT)
    expect(carrierGetter.keys(carrier)).toEqual([])
    carrierSetter.set(carrier, 'traceparent', TRACEPARENT)
  }
})

test('frozen carriers come back unchanged', () => {
  const carriers = [
    Object.freeze({ a: 'b' }),
    Object.freeze(['a', 'b']),
    Object.freeze([['a', 'b']]),
    Object.freeze({ headers: Object.freeze({ a: 'b' }) }),
    Object.freeze({ QueueUrl: '', MessageBody: '' }),
    Object.freeze({ name: 'send', data: {}, opts: Object.freeze({}) }),
  ]
  for (const carrier of carriers) {
    const before = JSON.stringify(carrier)
    expect(inject(carrier)).toBe(carrier)
    expect(JSON.stringify(carrier)).toBe(before)
  }
})

test('raw headers that end in the middle of one stay as they are', () => {
  expect(inject(['accept', '*/*', 'host'])).toEqual(['accept', '*/*', 'host'])
})

test('methods and getters that throw are survived', () => {
  const carriers = [
    { get: fail, set: fail, has: fail },
    { getHeader: fail, setHeader: fail, getHeaderNames: fail },
    {
      get traceparent() {
        return fail()
      },
    },
    {
      get headers() {
        return fail()
      },
    },
    {
      get MessageAttributes() {
        return fail()
      },
    },
    {
      name: 'send',
      data: {},
      get opts() {
        return fail()
      },
    },
    {
      set traceparent(_: string) {
        fail()
      },
    },
  ]
  for (const carrier of carriers) {
    expect(extractTraceContext(carrier)).toBe(ROOT_CONTEXT)
    expect(inject(carrier)).toBe(carrier)
    carrierGetter.keys(carrier)
  }
})

test('a proxy that throws at every question is survived', () => {
  const traps = [
    'get',
    'set',
    'has',
    'ownKeys',
    'getOwnPropertyDescriptor',
    'defineProperty',
    'deleteProperty',
    'getPrototypeOf',
  ]
  const carrier = new Proxy({}, Object.fromEntries(traps.map((trap) => [trap, fail])))
  expect(inject(carrier)).toBe(carrier)
  expect(extractTraceContext(carrier)).toBe(ROOT_CONTEXT)
})

test('keys without an end come to one', () => {
  const endless = {
    get: (): undefined => undefined,
    set: (): void => {},
    has: (): boolean => false,
    *keys(): Iterable<unknown> {
      for (;;) yield 5
    },
  }
  expect(inject(endless)).toBe(endless)
  expect(extractTraceContext(endless)).toBe(ROOT_CONTEXT)
})

test('a carrier that holds itself is a carrier', () => {
  const carrier: Record<string, unknown> = {}
  carrier.headers = carrier
  expect(travelled(extractTraceContext(inject(carrier)))).toEqual(ALL_OF_IT)
})

test('huge values are no headers', () => {
  const huge = 'a'.repeat(50_000_000)
  for (const traceparent of [huge, Buffer.from(huge), [huge], Array.from({ length: 50_000 }, () => 48)]) {
    expect(carrierGetter.get({ traceparent }, 'traceparent')).toBeUndefined()
  }
  expect(extractTraceContext({ ReceiptHandle: 'r', Body: `{"Type":"Notification","MessageAttributes":${huge}` })).toBe(
    ROOT_CONTEXT,
  )
})

test('values of other types are no headers', () => {
  for (const traceparent of [
    5,
    true,
    {},
    null,
    Symbol('a'),
    () => TRACEPARENT,
    new Date(0),
    [5, 'a'],
    [{}],
    [[TRACEPARENT]],
  ]) {
    expect(extractTraceContext({ traceparent })).toBe(ROOT_CONTEXT)
  }
})

test('what a prototype has is not the carrier’s', () => {
  expect(extractTraceContext(Object.create({ traceparent: TRACEPARENT }) as object)).toBe(ROOT_CONTEXT)
})

test('__proto__ in a carrier pollutes nothing', () => {
  const carrier = JSON.parse(`{"__proto__":{"polluted":"yes"},"baggage":"__proto__=polluted"}`) as object
  injectTraceContext(carrier, { context: SENDER })
  extractTraceContext(carrier)
  carrierSetter.set(carrier, '__proto__', 'polluted')
  for (const holder of [
    {},
    { headers: {} },
    { name: '', data: {}, opts: { telemetry: { metadata: '{"__proto__":{"polluted":1}}' } } },
  ]) {
    carrierSetter.set(holder, '__proto__', 'polluted')
    extractTraceContext(inject(holder))
    expect(Object.getPrototypeOf(holder)).toBe(Object.prototype)
  }
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test('a propagator that throws leaves the host alone', () => {
  propagation.disable()
  propagation.setGlobalPropagator({ inject: fail, extract: fail, fields: fail } as TextMapPropagator)
  expect(injectTraceContext({}, { context: SENDER })).toEqual({})
  expect(extractTraceContext({ traceparent: TRACEPARENT })).toBe(ROOT_CONTEXT)
  expect(extractTraceContext({ ReceiptHandle: 'r', MessageAttributes: { a: {} } })).toBe(ROOT_CONTEXT)
  expect(traceparent()).toBeUndefined()
})
