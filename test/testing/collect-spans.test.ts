import { SpanStatusCode, context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { spanObservers } from '../../src/internal/processors/span-observers.js'
import { withSpan } from '../../src/spans/with-span.js'
import { startTracing } from '../../src/start-tracing.js'
import { collectSpans } from '../../src/testing/collect-spans.js'

afterEach(() => {
  trace.disable()
  context.disable()
})

async function checkout(): Promise<void> {
  await withSpan('checkout', async () => {
    await withSpan('charge', () => setImmediate())
    withSpan('mail', () => {})
  })
}

test('collects the spans that end, without any tracing set up', async () => {
  await using spans = collectSpans()
  await checkout()
  expect(spans.map(({ name }) => name)).toEqual(['charge', 'mail', 'checkout'])
  expect(spans).toHaveLength(3)
  expect([...spans][0]).toBe(spans[0])
  expect(spans.named('charge')).toBe(spans[0])
})

test('the tree has the spans under their parents, in the order of their start', async () => {
  await using spans = collectSpans()
  await checkout()
  withSpan('other', () => {})
  expect(spans.tree()).toEqual([
    { name: 'checkout', children: [{ name: 'charge' }, { name: 'mail' }] },
    { name: 'other' },
  ])
})

test('children that end in another order than they started stand in the order of their start', async () => {
  await using spans = collectSpans()
  withSpan('root', () => {
    const first = trace.getTracer('test').startSpan('first')
    trace.getTracer('test').startSpan('second').end()
    first.end()
  })
  expect(spans.tree()).toEqual([{ name: 'root', children: [{ name: 'first' }, { name: 'second' }] }])
})

test('the tree tells errors', async () => {
  await using spans = collectSpans()
  const failing = withSpan('checkout', () => withSpan('charge', () => Promise.reject(new Error('declined'))))
  await expect(failing).rejects.toThrow()
  withSpan('silent', (span) => span.setStatus({ code: SpanStatusCode.ERROR }))
  expect(spans.tree()).toEqual([
    { name: 'checkout', error: 'declined', children: [{ name: 'charge', error: 'declined' }] },
    { name: 'silent', error: '' },
  ])
})

test('a span whose parent has not ended is a root', async () => {
  await using spans = collectSpans()
  withSpan('open', () => {
    withSpan('done', () => {})
    expect(spans.tree()).toEqual([{ name: 'done' }])
  })
})

test('asking for a span that has not ended tells which there are', async () => {
  await using spans = collectSpans()
  await checkout()
  withSpan('still going', () => {
    expect(() => spans.named('refund')).toThrow(
      "no span named 'refund' has ended; ended: charge, mail, checkout; open: still going",
    )
  })
})

test('open spans fail the test that asserts there are none', async () => {
  await using spans = collectSpans()
  const [a, b] = ['upload', 'scan'].map((name) => trace.getTracer('test').startSpan(name))
  expect(() => {
    spans.assertNoneOpen()
  }).toThrow('2 spans are still open: upload, scan')
  a?.end()
  expect(() => {
    spans.assertNoneOpen()
  }).toThrow('1 span is still open: scan')
  b?.end()
  spans.assertNoneOpen()
})

test('clear forgets all, also what ends later', async () => {
  await using spans = collectSpans()
  withSpan('open', () => {
    withSpan('done', () => {})
    spans.clear()
    spans.assertNoneOpen()
  })
  expect(spans).toHaveLength(0)
  withSpan('next', () => {})
  expect(spans.tree()).toEqual([{ name: 'next' }])
})

test('stop takes everything back, keeps what was collected, and can be called twice', async () => {
  const spans = collectSpans()
  withSpan('before', () => {})
  await spans.stop()
  await spans.stop()
  expect(withSpan('after', (span) => span.isRecording())).toBe(false)
  expect(
    context.with(context.active().setValue(Symbol.for('a'), 1), () => context.active().getValue(Symbol.for('a'))),
  ).toBe(undefined)
  expect(spans.map(({ name }) => name)).toEqual(['before'])
  expect(trace.setGlobalTracerProvider(new TracerProvider())).toBe(true)
})

test('a tracer that was got before the first test works in every test', async () => {
  const early = trace.getTracer('got at load time')
  for (const name of ['first', 'second']) {
    await using spans = collectSpans()
    early.startSpan(name).end()
    expect(spans.tree()).toEqual([{ name }])
  }
})

test('two collections at a time do not end each other', async () => {
  const outer = collectSpans()
  const inner = collectSpans()
  withSpan('both', () => {})
  await inner.stop()
  withSpan('outer only', () => {})
  await outer.stop()
  expect(outer.map(({ name }) => name)).toEqual(['both', 'outer only'])
  expect(inner.map(({ name }) => name)).toEqual(['both'])
  expect(withSpan('after', (span) => span.isRecording())).toBe(false)
})

test('with a provider of OpenTelemetry’s SDK registered it sees that one’s spans, and leaves it running', async () => {
  const exporter = new InMemorySpanExporter()
  const processors = [new SimpleSpanProcessor({ exporter })]
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: processors }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  const spans = collectSpans()
  await checkout()
  await spans.stop()
  withSpan('after', () => {})
  expect(spans.tree()).toEqual([{ name: 'checkout', children: [{ name: 'charge' }, { name: 'mail' }] }])
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['charge', 'mail', 'checkout', 'after'])
  expect(processors).toHaveLength(1)
})

test('keeps the context manager that is there', async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  const key = Symbol.for('kept')
  await context.with(context.active().setValue(key, 'yes'), async () => {
    const spans = collectSpans()
    expect(context.active().getValue(key)).toBe('yes')
    await spans.stop()
    expect(context.active().getValue(key)).toBe('yes')
  })
})

test('a provider that has the processor of startTracing need not be looked into', async () => {
  const processor = spanObservers()
  const inner = new TracerProvider({ spanProcessors: [processor] })
  trace.setGlobalTracerProvider({ getTracer: (name) => inner.getTracer(name) })
  const spans = collectSpans()
  withSpan('work', () => {})
  await spans.stop()
  expect(spans.tree()).toEqual([{ name: 'work' }])
  await processor.shutdown()
})

test('says what to do with a provider that it cannot look into', () => {
  trace.setGlobalTracerProvider({ getTracer: (name) => new TracerProvider().getTracer(name) })
  expect(() => collectSpans()).toThrow(/startTracing\(\)/)
})

test('a collection that could not begin does not keep the next one from it', async () => {
  trace.setGlobalTracerProvider({ getTracer: (name) => new TracerProvider().getTracer(name) })
  expect(() => collectSpans()).toThrow()
  trace.disable()
  await using spans = collectSpans()
  withSpan('work', () => {})
  expect(spans).toHaveLength(1)
})

test('with startTracing running it sees the spans that are recorded, and leaves it running', async () => {
  const tracing = startTracing({ traceExporter: 'none', instrumentations: [] })
  const spans = collectSpans()
  await checkout()
  await spans.stop()
  expect(spans.tree()).toEqual([{ name: 'checkout', children: [{ name: 'charge' }, { name: 'mail' }] }])
  expect(withSpan('after', (span) => span.isRecording())).toBe(true)
  expect(spans).toHaveLength(3)
  await tracing.shutdown()
})
