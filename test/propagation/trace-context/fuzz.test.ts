import {
  createContextKey,
  defaultTextMapGetter as getter,
  defaultTextMapSetter as setter,
  ROOT_CONTEXT,
  trace,
  type Context,
} from '@opentelemetry/api'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { parseTraceState } from '../../../src/internal/trace-state/trace-state.js'
import { parseTraceparent } from '../../../src/propagation/trace-context/traceparent.js'
import { traceContextPropagator } from '../../../src/propagation/trace-context/trace-context-propagator.js'
import { fuzzRuns } from '../../helpers/fuzz-runs.js'

/** All cases of this file together. */
const numRuns = fuzzRuns(0.2)
vi.setConfig({ testTimeout: 30_000 + fuzzRuns(0.5) })

// The grammar of the specification, as it is written there.
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/
const KEY = '[a-z0-9][a-z0-9_\\-*/@]{0,255}'
const VALUE = '[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]'
const TRACESTATE = new RegExp(`^${KEY}=${VALUE}(?:,${KEY}=${VALUE}){0,31}$`)

function isLegalState(text: string): boolean {
  const keys = text.split(',').map((member) => member.slice(0, member.indexOf('=')))
  return TRACESTATE.test(text) && text.length <= 512 && new Set(keys).size === keys.length
}

const propagator = traceContextPropagator()

/** One of these characters, all of them in ASCII. */
const oneOf = (characters: string) => fc.nat(characters.length - 1).map((at) => characters.charAt(at))

const hex = (length: number) => fc.string({ unit: oneOf('0123456789abcdef'), minLength: length, maxLength: length })
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.string({ unit: oneOf(' \t,=-;ab0A_@*/') }))

const validTraceparent = fc
  .tuple(
    fc.constantFrom('00', '00', '01', 'cc', 'fe'),
    hex(32).filter((id) => /[^0]/.test(id)),
    hex(16).filter((id) => /[^0]/.test(id)),
    hex(2),
    fc.constantFrom('', ' ', '\t'),
  )
  .map(([version, traceId, parentId, flags, space]) => `${space}${version}-${traceId}-${parentId}-${flags}${space}`)

/** Valid headers, of which something was cut off, changed or put in. */
const nearlyTraceparent = fc
  .tuple(
    validTraceparent,
    fc.nat(60),
    fc.nat(3),
    anyText.map((text) => text.slice(0, 3)),
  )
  .map(([text, at, deleted, inserted]) => text.slice(0, at) + inserted + text.slice(at + deleted))

const member = fc
  .tuple(
    fc.oneof(
      fc.string({ unit: oneOf('ab0_@'), minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 258 }).map((length) => 'k'.repeat(length)),
      fc.constant('ot'),
      anyText,
    ),
    fc.oneof(
      fc.string({ maxLength: 5 }),
      fc.integer({ min: 0, max: 258 }).map((length) => 'v'.repeat(length)),
      anyText,
    ),
  )
  .map(([key, value]) => `${key}=${value}`)

const tracestate = fc
  .array(fc.oneof({ weight: 5, arbitrary: member }, { weight: 1, arbitrary: anyText }), { maxLength: 45 })
  .chain((members) => fc.constantFrom(',', ' ,\t', ',,').map((comma) => members.join(comma)))

const oneOrMore = (text: fc.Arbitrary<string>) => fc.oneof(text, text, fc.array(text, { maxLength: 3 }))
const anything = fc.oneof(fc.anything({ withBigInt: true, withDate: true }), fc.constant(Buffer.from('00-4b')))

const carriers = fc.record({
  traceparent: fc.oneof(
    { weight: 6, arbitrary: oneOrMore(validTraceparent) },
    { weight: 3, arbitrary: oneOrMore(nearlyTraceparent) },
    { weight: 1, arbitrary: anything },
  ),
  tracestate: fc.oneof({ weight: 8, arbitrary: oneOrMore(tracestate) }, { weight: 1, arbitrary: anything }),
})

function sent(context: Context): Record<string, string> {
  const carrier: Record<string, string> = {}
  propagator.inject(context, carrier, setter)
  return carrier
}

function assertLegal(carrier: Record<string, string>): void {
  if (carrier.traceparent !== undefined) expect(carrier.traceparent).toMatch(TRACEPARENT)
  if (carrier.tracestate !== undefined) expect(carrier.tracestate).toSatisfy(isLegalState)
  for (const key of Object.keys(carrier)) expect(['traceparent', 'tracestate']).toContain(key)
}

const known = (context: Context) => {
  const { traceState, ...ids } = trace.getSpanContext(context) ?? {}
  return { ...ids, state: traceState?.serialize() ?? '' }
}

test('any text is parsed as the grammar of traceparent says, without a throw', () => {
  // Optional white space, any version but ff, and a rest only of versions of the future.
  const valid =
    /^[ \t]*(?!ff)(?:00-(?=[^-]*-[^-]*-..[ \t]*$)|(?!00)[0-9a-f]{2}-)(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[^]*)?[ \t]*$/
  let parsed = 0
  fc.assert(
    fc.property(fc.oneof(validTraceparent, nearlyTraceparent, anyText), (text) => {
      const spanContext = parseTraceparent(text)
      if (spanContext !== undefined) parsed += 1
      return (spanContext !== undefined) === valid.test(text)
    }),
    { numRuns },
  )
  expect(parsed).toBeGreaterThan(numRuns / 10)
})

test('any text is read as a trace state that is legal, or empty', () => {
  fc.assert(
    fc.property(tracestate, (header) => {
      const text = parseTraceState(header).serialize()
      return text === '' || isLegalState(text)
    }),
    { numRuns },
  )
})

test('keys and values that are set and unset leave a state that is legal, or empty, and keep ot', () => {
  const step = fc.tuple(
    fc.oneof(fc.constantFrom('a', 'b', 'ot', '0@', 'k'.repeat(250)), anyText),
    fc.oneof(
      fc.constant(undefined),
      fc.nat(258).map((length) => 'v'.repeat(length)),
      anyText,
    ),
  )
  fc.assert(
    fc.property(tracestate, fc.array(step, { maxLength: 6 }), (header, steps) => {
      let state = parseTraceState(header)
      for (const [key, value] of steps) {
        const ot = state.get('ot')
        const before = state
        state = value === undefined ? state.unset(key) : state.set(key, value)
        if (key !== 'ot' && state.get('ot') !== ot) return false
        if (value !== undefined && state !== before && !state.serialize().startsWith(`${key}=${value}`)) return false
      }
      const text = state.serialize()
      return text === '' || isLegalState(text)
    }),
    { numRuns },
  )
})

test('extract and inject never throw, and what goes out is legal and arrives as it was', () => {
  let stable = 0
  fc.assert(
    fc.property(carriers, (carrier) => {
      const context = propagator.extract(ROOT_CONTEXT, carrier, getter)
      const out = sent(context)
      assertLegal(out)
      const again = propagator.extract(ROOT_CONTEXT, out, getter)
      expect(known(again)).toEqual(known(context))
      expect(sent(again)).toEqual(out)
      if (out.traceparent !== undefined) stable += 1
    }),
    { numRuns },
  )
  expect(stable).toBeGreaterThan(numRuns / 10)
})

test('any span context in the active span is sent as legal headers, or not at all', () => {
  const ids = fc.oneof(
    hex(32),
    hex(16),
    hex(32).map((id) => id.toUpperCase()),
    anyText,
  )
  const spanContexts = fc.record({
    traceId: ids,
    spanId: fc.oneof(hex(16), ids),
    traceFlags: fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 1, 2, 3, 0xff)),
    isRemote: fc.boolean(),
    traceState: tracestate.map(parseTraceState),
  })
  const mine = createContextKey('mine')
  fc.assert(
    fc.property(spanContexts, carriers, (spanContext, carrier) => {
      const context = propagator.extract(ROOT_CONTEXT, carrier, getter).setValue(mine, 1)
      assertLegal(sent(trace.setSpanContext(context, spanContext)))
    }),
    { numRuns },
  )
})
