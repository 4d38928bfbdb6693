import { propagation, ROOT_CONTEXT, trace, type BaggageEntry, type Context } from '@opentelemetry/api'
import { TraceState } from '@opentelemetry/core'
import fc, { type Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import { carrierGetter, carrierSetter } from './any-carrier.js'
import { extractTraceContext } from '../../../src/propagation/extract-trace-context.js'
import { injectTraceContext } from '../../../src/propagation/inject-trace-context.js'
import { fuzzRuns } from '../../helpers/fuzz-runs.js'
import { EVERY_CARRIER } from './every-carrier.js'
import { SENDER, useW3cPropagation } from './w3c-propagation.js'

useW3cPropagation()

const TIMEOUT_MILLIS = 60_000 + fuzzRuns(1)

const FIELDS = ['traceparent', 'tracestate', 'baggage']
const WELL_FORMED = /^[\t -~]*$/

const example = fc.constantFrom(...Object.values(EVERY_CARRIER))
const token = fc.oneof(
  fc.constantFrom('TraceParent', 'TRACESTATE', 'Baggage', 'accept', 'x-b3-traceid'),
  fc.stringMatching(/^[a-zA-Z0-9-]{1,12}$/),
)
const others = fc.array(fc.tuple(token, fc.stringMatching(/^[!-~]{0,30}$/)), { maxLength: 6 })

const hex = (length: number): Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((digits) => /[^0]/.test(digits))
const word = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter((text) => text !== '__proto__')
const sender = fc
  .record({
    traceId: hex(32),
    spanId: hex(16),
    traceFlags: fc.constantFrom(0, 1),
    state: fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), { maxLength: 4 }),
    baggage: fc.dictionary(word, fc.record({ value: word }), { maxKeys: 4 }),
  })
  .map(({ state, baggage, ...ids }) => {
    const traceState = new TraceState(state.map((key) => `${key}=${key}`).join(','))
    const spanContext = state.length === 0 ? ids : { ...ids, traceState }
    const context = trace.setSpanContext(ROOT_CONTEXT, spanContext)
    return Object.keys(baggage).length === 0
      ? context
      : propagation.setBaggage(context, propagation.createBaggage(baggage))
  })

/** What a receiver must see, in a form that can be compared. */
function seen(context: Context): unknown {
  const { traceId, spanId, traceFlags, traceState } = trace.getSpanContext(context) ?? {}
  const baggage = propagation.getBaggage(context)?.getAllEntries() ?? []
  const values = baggage.map(([key, { value }]: [string, BaggageEntry]) => [key, value] as const)
  return { traceId, spanId, traceFlags, traceState: traceState?.serialize(), baggage: Object.fromEntries(values) }
}

test('whatever else a carrier has, what was injected is extracted', { timeout: TIMEOUT_MILLIS }, () => {
  fc.assert(
    fc.property(example, others, sender, ({ make, options }, besides, context) => {
      const carrier = make(besides.filter(([name]) => !FIELDS.includes(name.toLowerCase()) || hasAll(context)))
      injectTraceContext(carrier, { ...options, context })
      for (const field of FIELDS) {
        for (const text of [carrierGetter.get(carrier, field) ?? []].flat()) expect(text).toMatch(WELL_FORMED)
      }
      expect(seen(extractTraceContext(carrier))).toEqual(seen(context))
    }),
    { numRuns: fuzzRuns(0.4) },
  )
})

/** Fields that the sender has none of are not taken out of a carrier: a stale one would stay. */
function hasAll(context: Context): boolean {
  return trace.getSpanContext(context)?.traceState !== undefined && propagation.getBaggage(context) !== undefined
}

const TRAPS = [
  'get',
  'set',
  'has',
  'ownKeys',
  'getOwnPropertyDescriptor',
  'defineProperty',
  'deleteProperty',
  'getPrototypeOf',
] as const
const TELLTALES = [
  ...FIELDS,
  'headers',
  'properties',
  'userProperties',
  'MessageAttributes',
  'messageAttributes',
  'Sns',
  'Body',
  'Attributes',
  'name',
  'data',
  'opts',
  'telemetry',
  'get',
  'set',
  'has',
  'keys',
  'getMap',
  'getHeader',
  'setHeader',
  'PATH',
  'fields',
  'qos',
  '__proto__',
  'constructor',
]
const junk = fc.anything({
  key: fc.oneof(fc.constantFrom(...TELLTALES), fc.string({ maxLength: 5 })),
  maxDepth: 3,
  maxKeys: 4,
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
  withObjectString: true,
})
const wrap = fc.constantFrom<(carrier: object, traps: readonly string[]) => object>(
  (carrier) => carrier,
  (carrier) => (ArrayBuffer.isView(carrier) ? carrier : Object.freeze(carrier)),
  (carrier) => Object.preventExtensions(carrier),
  (carrier, traps) => new Proxy(carrier, Object.fromEntries(traps.map((trap) => [trap, fail]))),
  (carrier) => {
    const { proxy, revoke } = Proxy.revocable(carrier, {})
    revoke()
    return proxy
  },
)

function fail(): never {
  throw new Error('hostile')
}

test('junk of every kind is survived', { timeout: TIMEOUT_MILLIS }, () => {
  fc.assert(
    fc.property(
      junk,
      example,
      others,
      wrap,
      fc.subarray([...TRAPS]),
      (anything, { make, options }, besides, change, traps) => {
        // Three or four carriers a run.
        const carriers = [anything, change(make(besides), traps), withJunk(make(besides), anything)]
        if (typeof anything === 'object' && anything !== null) carriers.push(change(anything, traps))
        for (const carrier of carriers) {
          injectTraceContext(carrier as object, { ...options, context: SENDER })
          injectTraceContext(carrier as object, { context: SENDER })
          carrierSetter.set(carrier, 'tracestate', 'a=b')
          for (const name of carrierGetter.keys(carrier)) carrierGetter.get(carrier, name)
          extractTraceContext(carrier)
        }
        expect(Object.keys(Object.prototype)).toEqual([])
      },
    ),
    { numRuns: fuzzRuns(0.12) },
  )
})

/** Puts junk wherever a carrier has something. */
function withJunk(carrier: object, anything: unknown): object {
  for (const key of Object.keys(carrier)) Reflect.set(carrier, key, anything)
  return carrier
}

const name = fc.oneof(fc.constantFrom(...FIELDS, '__proto__', 'X-Own'), fc.string({ maxLength: 12, unit: 'binary' }))
const value = fc.oneof(fc.string({ maxLength: 40, unit: 'binary' }), fc.stringMatching(/^[\r\n\t -~]{0,20}$/))

test('nothing but well-formed headers goes in, whatever a propagator writes', { timeout: TIMEOUT_MILLIS }, () => {
  fc.assert(
    fc.property(example, name, value, ({ make }, field, text) => {
      const carrier = make([['accept', '*/*']])
      const isHeader = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(field) && field !== '__proto__' && WELL_FORMED.test(text)
      const before = isHeader ? undefined : shown(carrier)
      carrierSetter.set(carrier, field, text)
      if (!isHeader) expect(shown(carrier)).toBe(before)
      expect(String(carrierGetter.get(carrier, field) ?? '')).toMatch(WELL_FORMED)
    }),
    { numRuns: fuzzRuns(0.2) },
  )
})

/** All that a carrier can be asked for. */
function shown(carrier: object): string {
  const keys = carrierGetter.keys(carrier)
  return JSON.stringify([
    carrier,
    keys,
    keys.map((key) => carrierGetter.get(carrier, key)),
    Object.getPrototypeOf(carrier) === null,
  ])
}
