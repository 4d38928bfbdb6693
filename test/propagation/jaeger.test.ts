import { propagation, ROOT_CONTEXT, trace, TraceFlags, type Context, type SpanContext } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { jaegerPropagator } from '../../src/propagation/jaeger-propagator.js'
import { alwaysGetting, extracted, injected, oddValue, throwingGetter } from './baggage/carriers.js'
import { fuzzRuns } from '../helpers/fuzz-runs.js'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const SPAN_ID = 'b7ad6b7169203331'
const propagator = jaegerPropagator()

beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})
afterEach(() => {
  vi.restoreAllMocks()
})

function contextOf(traceFlags: number, ids: Partial<SpanContext> = {}): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags, ...ids })
}

function withBaggage(entries: Record<string, string>, context: Context = ROOT_CONTEXT): Context {
  const made = Object.entries(entries).map(([key, value]) => [key, { value }] as const)
  return propagation.setBaggage(context, propagation.createBaggage(Object.fromEntries(made)))
}

function read(header: unknown): SpanContext | undefined {
  return trace.getSpanContext(extracted(propagator, { 'uber-trace-id': header }))
}

function baggageOf(context: Context): Record<string, string> {
  const entries = propagation.getBaggage(context)?.getAllEntries() ?? []
  return Object.fromEntries(entries.map(([key, { value }]) => [key, value]))
}

describe('uber-trace-id that comes in', () => {
  test('has trace id, span id, a parent that is not looked at, and flags', () => {
    const expected = { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: TraceFlags.SAMPLED, isRemote: true }
    expect(read(`${TRACE_ID}:${SPAN_ID}:5af7651916cd43dd:01`)).toEqual(expected)
    expect(read(`${TRACE_ID}:${SPAN_ID}:0:1`)).toEqual(expected)
    expect(read(`${TRACE_ID}:${SPAN_ID}::1`)).toEqual(expected)
  })

  test('may have 64-bit trace ids, and leave out leading zeros', () => {
    expect(read('8448eb211c80319c:7ad6b7169203331:0:1')).toMatchObject({
      traceId: '00000000000000008448eb211c80319c',
      spanId: '07ad6b7169203331',
    })
    expect(read('1:2:0:1')).toMatchObject({ traceId: '1'.padStart(32, '0'), spanId: '2'.padStart(16, '0') })
  })

  test('may have its colons url-encoded, in either case, and be a list or bytes', () => {
    expect(read(`${TRACE_ID}%3A${SPAN_ID}%3a0%3A1`)?.spanId).toBe(SPAN_ID)
    expect(read([`${TRACE_ID}:${SPAN_ID}:0:1`, 'second'])?.spanId).toBe(SPAN_ID)
    expect(read(Buffer.from(`${TRACE_ID}:${SPAN_ID}:0:1`))?.spanId).toBe(SPAN_ID)
  })

  test('gives ids in small letters', () => {
    expect(read(`${TRACE_ID.toUpperCase()}:${SPAN_ID.toUpperCase()}:0:1`)).toMatchObject({
      traceId: TRACE_ID,
      spanId: SPAN_ID,
    })
  })

  test.each([
    ['0', TraceFlags.NONE],
    ['00', TraceFlags.NONE],
    ['1', TraceFlags.SAMPLED],
    ['0b', TraceFlags.SAMPLED],
    ['09', TraceFlags.SAMPLED],
    ['08', TraceFlags.NONE],
    ['2', TraceFlags.SAMPLED],
    ['3', TraceFlags.SAMPLED],
  ])('has hex flags, the first bit for sampled and the second for debug, which implies it: %s', (flags, expected) => {
    expect(read(`${TRACE_ID}:${SPAN_ID}:0:${flags}`)?.traceFlags).toBe(expected)
  })

  test.each([
    [''],
    [':::'],
    [`${TRACE_ID}:${SPAN_ID}:0`],
    [`${TRACE_ID}:${SPAN_ID}:0:1:1`],
    [`${TRACE_ID}:${SPAN_ID}:0:zz`],
    [`${TRACE_ID}:${SPAN_ID}:0:`],
    [`${TRACE_ID}:${SPAN_ID}:0:001`],
    [`0:${SPAN_ID}:0:1`],
    [`${TRACE_ID}:0:0:1`],
    [`1${TRACE_ID}:${SPAN_ID}:0:1`],
    [`${TRACE_ID}:1${SPAN_ID}:0:1`],
    [`xyz:${SPAN_ID}:0:1`],
    ['%E0%A4%A'],
    [undefined],
    [42],
  ])('is no context when it is %j', (header) => {
    expect(read(header)).toBeUndefined()
  })
})

describe('uber-trace-id that goes out', () => {
  test('has both ids in full, 0 for the parent, and two digits of flags', () => {
    expect(injected(propagator, contextOf(TraceFlags.SAMPLED))).toEqual({
      'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:01`,
    })
    expect(injected(propagator, contextOf(TraceFlags.NONE))['uber-trace-id']).toBe(`${TRACE_ID}:${SPAN_ID}:0:00`)
    expect(propagator.fields()).toEqual(['uber-trace-id'])
  })

  test("has no other flag of W3C's: random is not debug", () => {
    expect(injected(propagator, contextOf(3))['uber-trace-id']).toBe(`${TRACE_ID}:${SPAN_ID}:0:01`)
    expect(injected(propagator, contextOf(2))['uber-trace-id']).toBe(`${TRACE_ID}:${SPAN_ID}:0:00`)
  })

  test('has the debug flag that came in, as long as the trace is sampled', () => {
    const context = extracted(propagator, { 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:3` })
    expect(injected(propagator, context)['uber-trace-id']).toBe(`${TRACE_ID}:${SPAN_ID}:0:03`)
    const unsampled = trace.setSpanContext(context, { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 0 })
    expect(injected(propagator, unsampled)['uber-trace-id']).toBe(`${TRACE_ID}:${SPAN_ID}:0:00`)
    const other = trace.setSpanContext(context, { traceId: '1'.repeat(32), spanId: SPAN_ID, traceFlags: 1 })
    expect(injected(propagator, other)['uber-trace-id']).toBe(`${'1'.repeat(32)}:${SPAN_ID}:0:01`)
    const next = extracted(propagator, { 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:1` }, context)
    expect(injected(propagator, next)['uber-trace-id']).toBe(`${TRACE_ID}:${SPAN_ID}:0:01`)
  })

  test('is not there without a valid span, and nothing is where tracing is suppressed', () => {
    expect(injected(propagator, ROOT_CONTEXT)).toEqual({})
    expect(injected(propagator, contextOf(1, { traceId: '0'.repeat(32) }))).toEqual({})
    expect(injected(propagator, suppressTracing(withBaggage({ k: 'v' }, contextOf(1))))).toEqual({})
  })
})

describe('baggage', () => {
  test('goes out in headers of its own, url-encoded', () => {
    expect(injected(propagator, withBaggage({ user: 'Amélie B', tier: 'a+b=c' }))).toEqual({
      'uberctx-user': 'Am%C3%A9lie%20B',
      'uberctx-tier': 'a%2Bb%3Dc',
    })
  })

  test('does not go out under names that no header can have, nor with half surrogate pairs', () => {
    expect(injected(propagator, withBaggage({ 'a b': '1', 'x\r\ny': '2', ok: 'a\ud800' }))).toEqual({
      'uberctx-ok': 'a%EF%BF%BD',
    })
  })

  test('goes out with 64 entries and 8,192 bytes at most', () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`key${index}`, 'v']))
    expect(Object.keys(injected(propagator, withBaggage(many)))).toHaveLength(64)
    const long = { a: 'x'.repeat(9_000), b: '1' }
    expect(Object.keys(injected(propagator, withBaggage(long)))).toEqual(['uberctx-b'])
  })

  test('comes in next to what is there, with or without a trace', () => {
    const context = extracted(
      propagator,
      { 'uberctx-user': 'Am%C3%A9lie', 'UberCtx-Tier': ['gold', 'x'], other: '1' },
      withBaggage({ old: '0' }),
    )
    expect(baggageOf(context)).toEqual({ old: '0', user: 'Amélie', Tier: 'gold' })
    expect(trace.getSpanContext(context)).toBeUndefined()
  })

  test('may have a plus sign for a blank, as the clients for Go and Java write it', () => {
    expect(baggageOf(extracted(propagator, { 'uberctx-a': 'x+y%2Bz' }))).toEqual({ a: 'x y+z' })
  })

  test('comes in with U+FFFD for bytes that are not UTF-8, and without what is no header', () => {
    const headers = { 'uberctx-a': '%FF%', 'uberctx-b': 5, 'uberctx-': 'no key', 'uberctx-c d': 'no token' }
    expect(baggageOf(extracted(propagator, headers))).toEqual({ a: '\ufffd%' })
  })

  test('comes in with 64 entries at most', () => {
    const headers = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`uberctx-key${index}`, 'v']))
    expect(Object.keys(baggageOf(extracted(propagator, headers)))).toHaveLength(64)
  })
})

test('a getter that throws leaves the context as it is', () => {
  expect(propagator.extract(ROOT_CONTEXT, {}, throwingGetter)).toBe(ROOT_CONTEXT)
})

test('whatever comes in, nothing throws, and what goes out has the format and reads the same', () => {
  const part = fc.oneof(fc.stringMatching(/^[0-9a-fA-F]{0,33}$/), fc.constantFrom('0', '1', '%3A', ':', '', 'x', '01'))
  const header = fc.oneof(
    fc.array(part, { maxLength: 6 }).map((parts) => parts.join(':')),
    fc
      .tuple(
        fc.stringMatching(/^[0-9a-f]{1,32}$/),
        fc.stringMatching(/^[0-9a-f]{1,16}$/),
        fc.stringMatching(/^[0-9a-f]{1,2}$/),
      )
      .map(([traceId, spanId, flags]) => `${traceId}:${spanId}:0:${flags}`),
    fc.string({ unit: 'binary' }),
    oddValue,
  )
  const names = fc.array(
    fc.oneof(
      fc.string({ unit: 'binary' }).map((key) => `uberctx-${key}`),
      fc.anything(),
    ),
  )
  const format = /^(?!0{32})[0-9a-f]{32}:(?!0{16})[0-9a-f]{16}:0:0[013]$/
  fc.assert(
    fc.property(header, names, (value, keys) => {
      const context = propagator.extract(ROOT_CONTEXT, {}, alwaysGetting(value, keys))
      const out = injected(propagator, context)
      for (const [name, text] of Object.entries(out)) {
        if (name === 'uber-trace-id') expect(text).toMatch(format)
        else expect([name, text].join(': ')).toMatch(/^uberctx-[!#$%&'*+.^_`|~0-9A-Za-z-]+: [!-~]*$/)
      }
      const again = extracted(propagator, out)
      expect(trace.getSpanContext(again)).toEqual(trace.getSpanContext(context))
      expect(baggageOf(again)).toEqual(baggageOf(context))
    }),
    { numRuns: fuzzRuns(0.15) },
  )
})
