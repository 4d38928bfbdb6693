import {
  createContextKey,
  defaultTextMapGetter as getter,
  defaultTextMapSetter as setter,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type SpanContext,
  type TextMapGetter,
  type TraceState,
} from '@opentelemetry/api'
import { suppressTracing, TraceState as CoreTraceState } from '@opentelemetry/core'
import { describe, expect, test } from 'vitest'
import { traceContextPropagator } from '../../../src/propagation/trace-context/trace-context-propagator.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const traceparent = `00-${TRACE}-${PARENT}-01`
const propagator = traceContextPropagator()

const extracted = (carrier: unknown) => trace.getSpanContext(propagator.extract(ROOT_CONTEXT, carrier, getter))
const stateIn = (carrier: object) => extracted({ traceparent, ...carrier })?.traceState?.serialize()

function injected(spanContext: Partial<SpanContext>, context = ROOT_CONTEXT): Record<string, string> {
  const carrier: Record<string, string> = {}
  const whole = { traceId: TRACE, spanId: PARENT, traceFlags: TraceFlags.SAMPLED, isRemote: true, ...spanContext }
  propagator.inject(trace.setSpanContext(context, whole), carrier, setter)
  return carrier
}

test('the fields are traceparent and tracestate, in small letters, in a new list each time', () => {
  expect(propagator.fields()).toEqual(['traceparent', 'tracestate'])
  propagator.fields().pop()
  expect(propagator.fields()).toHaveLength(2)
})

describe('extract', () => {
  test('gives the remote span context', () => {
    expect(extracted({ traceparent })).toEqual({ traceId: TRACE, spanId: PARENT, traceFlags: 1, isRemote: true })
  })

  test('takes a header that came as a list of one', () => {
    expect(extracted({ traceparent: [traceparent], tracestate: ['a=1'] })?.traceState?.serialize()).toBe('a=1')
  })

  test.each([
    [undefined],
    [null],
    [''],
    [[]],
    [[traceparent, traceparent]],
    [[[traceparent]]],
    [[Buffer.from(traceparent)]],
    [`${traceparent}, ${traceparent}`],
    [Buffer.from(traceparent)],
    [7],
    [{}],
    [Symbol('traceparent')],
    [() => traceparent],
  ])('leaves the context as it is for %o as traceparent', (value) => {
    const context = ROOT_CONTEXT.setValue(createContextKey('mine'), 1)
    expect(propagator.extract(context, { traceparent: value, tracestate: 'a=1' }, getter)).toBe(context)
  })

  test.each([[undefined], [null], ['carrier']])('leaves the context as it is for the carrier %o', (carrier) => {
    expect(propagator.extract(ROOT_CONTEXT, carrier, getter)).toBe(ROOT_CONTEXT)
  })

  test('does not ask for tracestate where traceparent is not valid', () => {
    const asked: string[] = []
    const recording: TextMapGetter<Record<string, string>> = {
      get: (carrier, key) => (asked.push(key), carrier[key]),
      keys: Object.keys,
    }
    propagator.extract(ROOT_CONTEXT, { traceparent: `${traceparent}-`, tracestate: 'a=1' }, recording)
    propagator.extract(ROOT_CONTEXT, { tracestate: 'a=1' }, recording)
    expect(asked).toEqual(['traceparent', 'traceparent'])
  })

  test('joins several tracestate headers in their order', () => {
    expect(stateIn({ tracestate: ['a=1,b=2', 'c=3', '', 'a=4'] })).toBe('a=1,b=2,c=3')
  })

  test('has no trace state where there is no header, or an empty one', () => {
    expect(extracted({ traceparent })?.traceState).toBeUndefined()
    expect(extracted({ traceparent, tracestate: '' })?.traceState).toBeUndefined()
  })

  test.each([[Buffer.from('a=1')], [7], [{}], [[Buffer.from('a=1'), 7, null]], ['a'], ['A=1'], [',,;=é']])(
    'reads traceparent beside a tracestate that is not legal: %o',
    (tracestate) => {
      expect(extracted({ traceparent, tracestate })).toMatchObject({ traceId: TRACE, spanId: PARENT, traceFlags: 1 })
      expect(stateIn({ tracestate }) ?? '').toBe('')
    },
  )

  test('reads tracestate beside a traceparent of a future version', () => {
    const future = extracted({ traceparent: traceparent.replace(/^00/, 'cc') + '-more', tracestate: 'a=1,b=2' })
    expect(future?.traceState?.serialize()).toBe('a=1,b=2')
  })

  test('keeps what else is in the context', () => {
    const mine = createContextKey('mine')
    const context = propagator.extract(ROOT_CONTEXT.setValue(mine, 1), { traceparent }, getter)
    expect(context.getValue(mine)).toBe(1)
  })

  test('replaces the span that is in the context', () => {
    const before = propagator.extract(ROOT_CONTEXT, { traceparent: traceparent.replaceAll('4', '5') }, getter)
    expect(trace.getSpanContext(propagator.extract(before, { traceparent }, getter))?.traceId).toBe(TRACE)
  })
})

describe('a context with what was extracted', () => {
  // With and without the random flag: what the context has to remember differs.
  test.each(['01', '03'])('is a context like any other, flags %s', (flags) => {
    const [a, b] = [createContextKey('a'), createContextKey('b')]
    const remote = propagator.extract(
      ROOT_CONTEXT.setValue(a, 1),
      { traceparent: `00-${TRACE}-${PARENT}-${flags}` },
      getter,
    )
    const child = trace.setSpan(
      remote,
      trace.wrapSpanContext({ traceId: TRACE, spanId: '1'.repeat(16), traceFlags: 1 }),
    )
    const more = child.setValue(b, 2)
    expect([more.getValue(a), more.getValue(b), trace.getSpanContext(more)?.spanId]).toEqual([1, 2, '1'.repeat(16)])
    const less = trace.deleteSpan(more.deleteValue(a))
    expect([less.getValue(a), less.getValue(b), trace.getSpan(less)]).toEqual([undefined, 2, undefined])
    expect([remote.getValue(b), trace.getSpanContext(remote)?.spanId]).toEqual([undefined, PARENT])
    expect([more.getValue(a), child.getValue(b)]).toEqual([1, undefined])
  })
})

describe('inject', () => {
  test('sends version 00 with the ids and flags of the span', () => {
    expect(injected({ traceFlags: 0 })).toEqual({ traceparent: `00-${TRACE}-${PARENT}-00` })
    expect(injected({ traceFlags: 3 })).toEqual({ traceparent: `00-${TRACE}-${PARENT}-03` })
  })

  test('sends two digits of flags, and zeros for those that are not known', () => {
    expect(injected({ traceFlags: 0xff })).toEqual({ traceparent: `00-${TRACE}-${PARENT}-03` })
    expect(injected({ traceFlags: 0x10 })).toEqual({ traceparent: `00-${TRACE}-${PARENT}-00` })
  })

  test('sends a future version as version 00, without what followed', () => {
    const carrier = {}
    const future = { traceparent: `fe-${TRACE}-${PARENT}-ff-more` }
    propagator.inject(propagator.extract(ROOT_CONTEXT, future, getter), carrier, setter)
    expect(carrier).toEqual({ traceparent: `00-${TRACE}-${PARENT}-03` })
  })

  test('sends the trace state as one header', () => {
    const carrier = {}
    propagator.inject(
      propagator.extract(ROOT_CONTEXT, { traceparent, tracestate: ['a=1 , b=2', 'c= 3'] }, getter),
      carrier,
      setter,
    )
    expect(carrier).toEqual({ traceparent, tracestate: 'a=1,b=2,c= 3' })
  })

  test.each([' ', ',', 'A=1', 'a=1=2'])('sends no empty tracestate where %j came', (tracestate) => {
    const carrier = {}
    propagator.inject(propagator.extract(ROOT_CONTEXT, { traceparent, tracestate }, getter), carrier, setter)
    expect(carrier).toEqual({ traceparent })
  })

  test("sends anybody's trace state, but only what is legal", () => {
    expect(injected({ traceState: new CoreTraceState('a=1,b=2') }).tracestate).toBe('a=1,b=2')
    expect(injected({ traceState: new CoreTraceState('') })).toEqual({ traceparent })
    const foreign = { serialize: () => 'a=1\r\nevil: 1,b=2' } as unknown as TraceState
    expect(injected({ traceState: foreign }).tracestate).toBe('b=2')
  })

  test('sends nothing without a span, or with one that is not valid', () => {
    const carrier = {}
    propagator.inject(ROOT_CONTEXT, carrier, setter)
    expect(carrier).toEqual({})
    expect(injected({ traceId: '0'.repeat(32) })).toEqual({})
    expect(injected({ spanId: 'x' })).toEqual({})
  })

  test('sends nothing where tracing is suppressed', () => {
    expect(injected({}, suppressTracing(ROOT_CONTEXT))).toEqual({})
  })
})
