import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { TracingConfigError } from '../../../src/internal/checks/validate.js'
import { adjustedCount } from '../../../src/sampling/decision/threshold-decision.js'
import { alwaysOff, alwaysOn } from '../../../src/sampling/samplers/always.js'
import { probabilitySampler } from '../../../src/sampling/samplers/probability.js'
import { ask, askChild, isSampled, TRACE_ID } from '../simulation.js'

test.each([NaN, -0.1, 1.1, Infinity, '0.5', undefined, null])('the ratio %s is refused by name', (ratio) => {
  const refused = () => probabilitySampler(ratio as number)
  expect(refused).toThrow(TracingConfigError)
  expect(refused).toThrow(/^ratio must be a number from 0 to 1, got /)
})

test.each([
  ['abababababababababd29d6a7215ced0', 0.25, true],
  ['0af7651916cd43dd8448eb211c80319c', 0.5, false],
  ['4bf92f3577b34da6a3ce929d0e0e4736', 0.1, false],
])('trace %s at ratio %d: kept is %s', (traceId, ratio, kept) => {
  expect(isSampled(ask(probabilitySampler(ratio), traceId))).toBe(kept)
})

test('a root span that is kept carries the threshold, and one that is dropped none', () => {
  const sampler = probabilitySampler(0.25)
  expect(ask(sampler, TRACE_ID).traceState?.serialize()).toBe('ot=th:c')
  expect(ask(sampler, '0af7651916cd43dd8448eb211c80319c').traceState).toBeUndefined()
})

test('the explicit randomness of the parent decides, and stays', () => {
  const sampler = probabilitySampler(0.5)
  expect(askChild(sampler, { sampled: true, tracestate: 'ot=rv:80000000000000' })).toEqual({
    sampled: true,
    tracestate: 'ot=th:8;rv:80000000000000',
  })
  expect(askChild(sampler, { sampled: true, tracestate: 'ot=rv:7fffffffffffff;th:0,foo=1' })).toEqual({
    sampled: false,
    tracestate: 'ot=rv:7fffffffffffff,foo=1',
  })
})

test('ratio 0 keeps nothing and ratio 1 everything', () => {
  expect(isSampled(ask(probabilitySampler(0), 'f'.repeat(32)))).toBe(false)
  expect(isSampled(ask(probabilitySampler(1), `${'0'.repeat(31)}1`))).toBe(true)
})

test('a trace id that is none is decided without an error', () => {
  expect(isSampled(ask(probabilitySampler(0.5), ''))).toBe(false)
  expect(isSampled(ask(probabilitySampler(0.5), 'not a trace id'))).toBe(false)
})

test('always on counts each span once, and always off erases the threshold of the parent', () => {
  expect(askChild(alwaysOn(), { sampled: false, tracestate: 'foo=1' })).toEqual({
    sampled: true,
    tracestate: 'ot=th:0,foo=1',
  })
  expect(askChild(alwaysOff(), { sampled: true, tracestate: 'ot=th:8,foo=1' })).toEqual({
    sampled: false,
    tracestate: 'foo=1',
  })
})

test('in the SDK, what is exported adds up to what was started', () => {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({
    sampler: probabilitySampler(0.25),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  const tracer = provider.getTracer('test')
  for (let i = 0; i < 4_000; i++) tracer.startSpan('work', { kind: SpanKind.SERVER }, ROOT_CONTEXT).end()
  const spans = exporter.getFinishedSpans()
  // 6 standard deviations of what random trace ids may do.
  expect(Math.abs(spans.length - 1_000)).toBeLessThan(170)
  expect(spans.every((span) => adjustedCount(span) === 4)).toBe(true)
})

test.each([
  ['ot=th:c', 1, 4],
  ['ot=th:0', 1, 1],
  ['foo=1', 1, 1],
  ['ot=th:c', 0, 0],
])('a span with %s and flags %d counts %d times', (tracestate, traceFlags, count) => {
  const spanContext = { traceId: TRACE_ID, spanId: '00f067aa0ba902b7', traceFlags }
  const traceState = ask(probabilitySampler(0.25), TRACE_ID).traceState?.unset('ot')
  const [key = '', value = ''] = tracestate.split('=')
  const state = traceState?.set(key, value)
  expect(adjustedCount({ spanContext: () => ({ ...spanContext, ...(state && { traceState: state }) }) })).toBe(count)
})
