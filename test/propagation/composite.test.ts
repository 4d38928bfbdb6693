import {
  createContextKey,
  defaultTextMapGetter as getter,
  defaultTextMapSetter as setter,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
  type TextMapPropagator,
} from '@opentelemetry/api'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import { AWSXRayPropagator } from '@opentelemetry/propagator-aws-xray'
import { B3InjectEncoding, B3Propagator } from '@opentelemetry/propagator-b3'
import { expect, test, vi } from 'vitest'
import { firstValidPropagator } from '../../src/propagation/composite.js'
import { traceContextPropagator } from '../../src/propagation/trace-context/trace-context-propagator.js'

const OURS = '4bf92f3577b34da6a3ce929d0e0e4736'
const THEIRS = '0af7651916cd43dd8448eb211c80319c'
const SPAN = '00f067aa0ba902b7'
const traceparent = `00-${OURS}-${SPAN}-01`
const b3 = `${THEIRS}-${SPAN}-1`

const w3c = traceContextPropagator()
const b3Single = new B3Propagator()
const both = [w3c, b3Single]

const spanContextFrom = (propagators: TextMapPropagator[], carrier: object, context: Context = ROOT_CONTEXT) =>
  trace.getSpanContext(firstValidPropagator(propagators).extract(context, carrier, getter))

/** The flags that a local child of what was extracted sends. */
function flagsOfChild(propagators: TextMapPropagator[], carrier: object): string | undefined {
  const context = firstValidPropagator(propagators).extract(ROOT_CONTEXT, carrier, getter)
  const traceId = trace.getSpanContext(context)?.traceId ?? ''
  const sent: { traceparent?: string } = {}
  w3c.inject(trace.setSpanContext(context, { traceId, spanId: '1'.repeat(16), traceFlags: 1 }), sent, setter)
  return sent.traceparent?.slice(-2)
}

test('the first of two valid span contexts wins, in either order', () => {
  const carrier = { traceparent, b3 }
  expect(spanContextFrom(both, carrier)?.traceId).toBe(OURS)
  expect(spanContextFrom(both.toReversed(), carrier)?.traceId).toBe(THEIRS)
})

test.each([
  [{ traceparent: 'nonsense', b3 }, THEIRS],
  [{ b3 }, THEIRS],
  [{ traceparent, b3: 'nonsense' }, OURS],
  [{ traceparent }, OURS],
])('the only valid one of %j wins', (carrier, traceId) => {
  expect(spanContextFrom(both, carrier)?.traceId).toBe(traceId)
  expect(spanContextFrom(both.toReversed(), carrier)?.traceId).toBe(traceId)
})

test('nothing valid leaves the context as it is', () => {
  expect(firstValidPropagator(both).extract(ROOT_CONTEXT, { traceparent: 'x', b3: 'y' }, getter)).toBe(ROOT_CONTEXT)
  expect(firstValidPropagator([]).extract(ROOT_CONTEXT, { traceparent }, getter)).toBe(ROOT_CONTEXT)
})

test("a span context that is not valid is no answer: X-Ray's for a broken header", () => {
  const xray = new AWSXRayPropagator()
  const carrier = { 'x-amzn-trace-id': 'Root=broken', traceparent }
  // X-Ray's propagator indeed sets a span that is not valid.
  const alone = trace.getSpanContext(xray.extract(ROOT_CONTEXT, carrier, getter))
  expect(alone !== undefined && isSpanContextValid(alone)).toBe(false)
  expect(spanContextFrom([xray, w3c], carrier)?.traceId).toBe(OURS)
  expect(spanContextFrom([w3c, xray], carrier)?.traceId).toBe(OURS)
})

test.each([
  ['no span', ROOT_CONTEXT, undefined],
  ['a span', trace.setSpanContext(ROOT_CONTEXT, { traceId: THEIRS, spanId: SPAN, traceFlags: 1 }), THEIRS],
])('an invalid span context gives way to what was there before: %s', (_what, before, traceId) => {
  const invalid: TextMapPropagator = {
    inject: () => undefined,
    extract: (context) => trace.setSpanContext(context, { traceId: 'x', spanId: 'y', traceFlags: 0 }),
    fields: () => [],
  }
  expect(spanContextFrom([invalid], {}, before)?.traceId).toBe(traceId)
})

test('what was in the context before does not win over what is found', () => {
  const before = w3c.extract(ROOT_CONTEXT, { traceparent }, getter)
  expect(spanContextFrom(both, { b3 }, before)?.traceId).toBe(THEIRS)
  expect(spanContextFrom(both, {}, before)?.traceId).toBe(OURS)
})

test('those after the winner can still add baggage and keys of their own', () => {
  const key = createContextKey('own')
  const own: TextMapPropagator = {
    inject: () => undefined,
    extract: (context) => b3Single.extract(context, { b3 }, getter).setValue(key, 'mine'),
    fields: () => [],
  }
  const all = firstValidPropagator([w3c, own, new W3CBaggagePropagator()])
  const context = all.extract(ROOT_CONTEXT, { traceparent, baggage: 'user=7' }, getter)
  expect(trace.getSpanContext(context)?.traceId).toBe(OURS)
  expect(context.getValue(key)).toBe('mine')
  expect(propagation.getBaggage(context)?.getEntry('user')?.value).toBe('7')
})

test('all inject, in their order', () => {
  const carrier = {}
  const context = w3c.extract(ROOT_CONTEXT, { traceparent }, getter)
  firstValidPropagator([...both, new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER })]).inject(
    propagation.setBaggage(context, propagation.createBaggage({ user: { value: '7' } })),
    carrier,
    setter,
  )
  expect(carrier).toEqual({
    traceparent,
    b3: `${OURS}-${SPAN}-1`,
    'x-b3-traceid': OURS,
    'x-b3-spanid': SPAN,
    'x-b3-sampled': '1',
  })
})

test('each field is named once, in a new list each time', () => {
  const all = firstValidPropagator([w3c, b3Single, w3c, new W3CBaggagePropagator()])
  expect(all.fields()).toEqual(['traceparent', 'tracestate', 'b3', 'baggage'])
  all.fields().pop()
  expect(all.fields()).toHaveLength(4)
})

test('one that throws is skipped, and logged once for each direction', () => {
  class Broken implements TextMapPropagator {
    inject(): void {
      throw new Error('no inject')
    }
    extract(): Context {
      throw new Error('no extract')
    }
    fields(): string[] {
      return ['broken']
    }
  }
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    const all = firstValidPropagator([new Broken(), w3c])
    for (let i = 0; i < 3; i++) {
      const carrier = {}
      const context = all.extract(ROOT_CONTEXT, { traceparent }, getter)
      all.inject(context, carrier, setter)
      expect(carrier).toEqual({ traceparent })
    }
    expect(stderr.mock.calls.map(([line]) => line)).toEqual([
      'spanwright: propagator Broken failed to extract and was skipped: no extract\n',
      'spanwright: propagator Broken failed to inject and was skipped: no inject\n',
    ])
  } finally {
    stderr.mockRestore()
  }
})

test('the list that was given can change without effect', () => {
  const list = [w3c, b3Single]
  const all = firstValidPropagator(list)
  list.length = 0
  expect(trace.getSpanContext(all.extract(ROOT_CONTEXT, { b3 }, getter))?.traceId).toBe(THEIRS)
})

test("a local child of another format's trace has no random flag, for that format cannot say it", () => {
  expect(flagsOfChild([b3Single], { b3 })).toBe('01')
  expect(flagsOfChild([b3Single, w3c], { b3, traceparent })).toBe('01')
  expect(flagsOfChild([b3Single, w3c], { b3, traceparent: traceparent.replace(/01$/, '03') })).toBe('01')
})

test('a local child of the winner has the flag that came with it, whatever the others said', () => {
  expect(flagsOfChild([w3c, b3Single], { b3, traceparent: traceparent.replace(/01$/, '03') })).toBe('03')
  expect(flagsOfChild([w3c, b3Single], { b3, traceparent })).toBe('01')
  const same = `${OURS}-${SPAN}-1`
  expect(flagsOfChild([w3c, b3Single], { b3: same, traceparent: traceparent.replace(/01$/, '03') })).toBe('03')
})

test('a propagator in plain JavaScript need not name its fields, nor have a class', () => {
  const bare = Object.assign(Object.create(null) as object, {
    inject() {
      throw new Error('not today')
    },
    extract: (context: Context) => context,
  }) as unknown as TextMapPropagator
  const failing = { inject() {}, extract: (context: Context) => context, fields: () => expect.fail() }
  const propagator = firstValidPropagator([bare, failing, w3c])
  expect(propagator.fields()).toEqual(['traceparent', 'tracestate'])
  const carrier: { traceparent?: string } = {}
  propagator.inject(propagator.extract(ROOT_CONTEXT, { traceparent }, getter), carrier, setter)
  expect(carrier.traceparent).toBe(traceparent)
})
