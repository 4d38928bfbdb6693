import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api'
import { AlwaysOffSampler, TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { once } from 'node:events'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { currentSpan, setSpanAttributes, addSpanEvent } from '../../src/spans/current-context.js'
import { withSpan } from '../../src/spans/with-span.js'
import { TestTracing } from './tracing.js'

test('returns what the function returns, and ends the span', () => {
  const tracing = new TestTracing()
  expect(withSpan('sum', () => 1 + 1)).toBe(2)
  expect(tracing.names).toEqual(['sum'])
})

test('hands the span to the function and makes it current for all that it calls', async () => {
  const tracing = new TestTracing()
  await withSpan('outer', async (span) => {
    expect(currentSpan()).toBe(span)
    await setImmediate()
    withSpan('inner', () => {})
  })
  expect(currentSpan()).toBeUndefined()
  expect(tracing.named('inner').parentSpanContext?.spanId).toBe(tracing.named('outer').spanContext().spanId)
})

test('passes kind, attributes, links and root on to the span', () => {
  const tracing = new TestTracing()
  withSpan('outer', (outer) => {
    const options = {
      kind: SpanKind.CLIENT,
      attributes: { a: 1 },
      links: [{ context: outer.spanContext() }],
      root: true,
    }
    withSpan('inner', options, () => {})
  })
  const inner = tracing.named('inner')
  expect(inner).toMatchObject({ kind: SpanKind.CLIENT, attributes: { a: 1 }, parentSpanContext: undefined })
  expect(inner.links).toHaveLength(1)
})

test('runs the function without tracing, and records once tracing has started', () => {
  expect(withSpan('early', (span) => span.isRecording())).toBe(false)
  const tracing = new TestTracing()
  expect(withSpan('late', (span) => span.isRecording())).toBe(true)
  expect(tracing.names).toEqual(['late'])
})

test('follows a tracer provider that is exchanged', () => {
  new TestTracing()
  withSpan('one', () => {})
  trace.disable()
  context.disable()
  const second = new TestTracing()
  withSpan('two', () => {})
  expect(second.names).toEqual(['two'])
})

test('records an error that is thrown, sets ERROR and throws the same object', () => {
  const tracing = new TestTracing()
  const error = new TypeError('no such thing')
  expect(() =>
    withSpan('fails', () => {
      throw error
    }),
  ).toThrow(error)
  const span = tracing.named('fails')
  expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no such thing' })
  expect(span.attributes).toEqual({ 'error.type': 'TypeError' })
  expect(span.events.map(({ name }) => name)).toEqual(['exception'])
})

test('leaves a span alone that the function has ended itself', () => {
  const tracing = new TestTracing()
  const end = withSpan('ended', (span) => {
    const spied = vi.spyOn(span, 'end')
    span.end()
    return spied
  })
  expect(end).toHaveBeenCalledTimes(1)
  expect(tracing.names).toEqual(['ended'])
})

test('leaves the result of the function as it is when a span processor throws', () => {
  const broken: SpanProcessor = {
    onStart: () => {},
    onEnd() {
      throw new Error('broken processor')
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  new TestTracing()
  trace.disable()
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [broken] }))
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  expect(withSpan('work', () => 'done')).toBe('done')
  expect(said).toHaveBeenCalledWith(expect.stringContaining('broken processor'))
  said.mockRestore()
})

test('runs the function when a sampler throws', () => {
  new TestTracing({
    shouldSample() {
      throw new Error('broken sampler')
    },
    toString: () => 'Broken',
  })
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  expect(withSpan('work', () => 'done')).toBe('done')
  expect(said).toHaveBeenCalledWith(expect.stringContaining('broken sampler'))
  said.mockRestore()
})

test('an unsampled span gives back the very promise of the function', () => {
  new TestTracing(new AlwaysOffSampler())
  const promise = Promise.resolve(1)
  expect(withSpan('work', () => promise)).toBe(promise)
})

test.each([
  ['the reason itself', (signal: AbortSignal) => Promise.reject(signal.reason as Error)],
  ['an AbortError of Node caused by it', (signal: AbortSignal) => setTimeout(10_000, undefined, { signal })],
  ['an AbortError of an event caused by it', (signal: AbortSignal) => once(new EventTarget(), 'never', { signal })],
])('an abort by the signal in the options is no error: %s', async (_name, work) => {
  const tracing = new TestTracing()
  const controller = new AbortController()
  const result = withSpan('aborted', { signal: controller.signal }, async () => {
    await setImmediate()
    return work(controller.signal)
  })
  controller.abort(new Error('user left'))
  await expect(result).rejects.toThrow()
  expect(tracing.named('aborted')).toMatchObject({ status: { code: SpanStatusCode.UNSET }, events: [], attributes: {} })
})

test('another error than the reason of the signal is an error', async () => {
  const tracing = new TestTracing()
  const result = withSpan('fails', { signal: AbortSignal.abort() }, () => Promise.reject(new Error('other')))
  await expect(result).rejects.toThrow('other')
  expect(tracing.named('fails').status.code).toBe(SpanStatusCode.ERROR)
})

test('attributes and events go to the current span', () => {
  const tracing = new TestTracing()
  withSpan('work', () => {
    setSpanAttributes({ 'order.id': 7 })
    addSpanEvent('charged', { amount: 3 })
  })
  expect(tracing.named('work').attributes).toEqual({ 'order.id': 7 })
  expect(tracing.named('work').events).toMatchObject([{ name: 'charged', attributes: { amount: 3 } }])
})

test('attributes and events outside of a span go nowhere', () => {
  new TestTracing()
  expect(() => {
    setSpanAttributes({ a: 1 })
    addSpanEvent('nothing')
  }).not.toThrow()
})
