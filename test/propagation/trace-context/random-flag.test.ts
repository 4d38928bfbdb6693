import {
  context,
  defaultTextMapGetter as getter,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
  type Span,
  type SpanOptions,
} from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  NoopSpanProcessor,
  ParentBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { afterAll, expect, test } from 'vitest'
import { traceContextPropagator } from '../../../src/propagation/trace-context/trace-context-propagator.js'
import { TracerProvider as OwnTracerProvider } from '../../../src/tracer/tracer-provider.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'

// The stock SDK, as an app has it that takes no more than the propagator.
const sdk = new NodeSDK({
  textMapPropagator: traceContextPropagator(),
  sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  spanProcessors: [new NoopSpanProcessor()],
  metricReaders: [],
  logRecordProcessors: [],
  instrumentations: [],
})
sdk.start()
afterAll(() => sdk.shutdown())

const arriving = (flags: string, from: Context = ROOT_CONTEXT) =>
  propagation.extract(from, { traceparent: `00-${TRACE}-${PARENT}-${flags}` })

function sentFlags(from: Context): string | undefined {
  const carrier: { traceparent?: string } = {}
  propagation.inject(from, carrier)
  return carrier.traceparent?.slice(-2)
}

function started(parent: Context, options: SpanOptions = {}): [Context, Span] {
  const span = trace.getTracer('test').startSpan('work', options, parent)
  return [trace.setSpan(parent, span), span]
}

test.each(['00', '01', '02', '03'])('a remote span context with flags %s is sent with its own', (flags) => {
  expect(sentFlags(arriving(flags))).toBe(flags)
})

test.each([
  ['00', '00'],
  ['01', '01'],
  ['02', '02'],
  ['03', '03'],
])("flags %s of the caller become %s of a local child's, and of a grandchild's", (arrived, sent) => {
  const [child, span] = started(arriving(arrived))
  expect(span.spanContext().traceId).toBe(TRACE)
  expect(span.isRecording()).toBe(arrived === '01' || arrived === '03')
  expect(sentFlags(child)).toBe(sent)
  expect(sentFlags(started(child)[0])).toBe(sent)
})

test('the flag is the same in contexts that were made active, and after an await', async () => {
  for (const [arrived, sent] of [
    ['01', '01'],
    ['03', '03'],
  ] as const) {
    await context.with(arriving(arrived), () =>
      trace.getTracer('test').startActiveSpan('work', async () => {
        await new Promise(setImmediate)
        expect(sentFlags(context.active())).toBe(sent)
      }),
    )
  }
})

test('a trace that begins here is sent with the random flag, sampled or not', () => {
  expect(sentFlags(started(ROOT_CONTEXT)[0])).toBe('03')
  const unsampled = new TracerProvider({ sampler: new AlwaysOffSampler() }).getTracer('test').startSpan('work')
  expect(sentFlags(trace.setSpan(ROOT_CONTEXT, unsampled))).toBe('02')
})

test('a new root beneath a caller without the flag is sent with it', () => {
  const [root, span] = started(arriving('01'), { root: true })
  expect(span.spanContext().traceId).not.toBe(TRACE)
  expect(sentFlags(root)).toBe('03')
})

test('what came last about a trace is what counts', () => {
  expect(sentFlags(started(arriving('03', arriving('01')))[0])).toBe('03')
  expect(sentFlags(started(arriving('01', arriving('03')))[0])).toBe('01')
})

test('a hundred thousand extractions in a row, each in the context of the one before, make no deeper context', () => {
  const propagator = traceContextPropagator()
  let current = ROOT_CONTEXT
  for (let i = 1; i <= 100_000; i++) {
    const traceId = i.toString(16).padStart(32, '0')
    current = propagator.extract(current, { traceparent: `00-${traceId}-${PARENT}-01` }, getter)
  }
  // A chain of contexts would overflow the stack, or hold each of them.
  expect(() => current.getValue(Symbol('any'))).not.toThrow()
  expect(sentFlags(started(current)[0])).toBe('01')
})

test('a span context that was made by hand is sent with its own flags, and so is what begins below it', () => {
  const ours = new OwnTracerProvider().getTracer('test')
  for (const [flags, sent] of [
    [0, '00'],
    [1, '01'],
    [2, '02'],
    [3, '03'],
  ] as const) {
    const byHand = trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE, spanId: PARENT, traceFlags: flags })
    expect(sentFlags(byHand)).toBe(sent)
    const child = ours.startSpan('child', {}, byHand)
    const withChild = trace.setSpan(byHand, child)
    // Our sampler follows its parent.
    expect(sentFlags(withChild)).toBe(sent)
    expect(sentFlags(trace.setSpan(withChild, ours.startSpan('grandchild', {}, withChild)))).toBe(sent)
  }
  expect(sentFlags(trace.setSpan(ROOT_CONTEXT, ours.startSpan('root')))).toBe('03')
})
