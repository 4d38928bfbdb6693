import { trace } from '@opentelemetry/api'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, onTestFinished, test, vi } from 'vitest'
import { BatchSpanProcessor, startTracing } from '../../../src/index.js'
import { assertLedgerAddsUp } from '../../helpers/ledger.js'
import { otlpSink } from '../../helpers/otlp-sink.js'
import {
  AnyExporter,
  environmentFor,
  listenToStderr,
  otlpRig,
  startTracingTo,
  SUCCESS,
  watchThreads,
  withEnv,
} from './rig.js'

// Several processors in one process, at once and one after the other.

const endSpans = (count: number): void => {
  for (let i = 0; i < count; i += 1) trace.getTracer('app').startSpan('work').end()
}

test('two processors of one provider send the same spans to two backends, by one thread, each with its own ledger', async () => {
  const said = listenToStderr()
  const threads = watchThreads()
  await using good = await otlpSink()
  await using bad = await otlpSink()
  bad.respondWith({ kind: 'hang' })
  const [first, second] = [good, bad].map((sink) =>
    withEnv(environmentFor(sink, 'http/protobuf'), () => new BatchSpanProcessor({ shutdownTimeoutMillis: 400 })),
  )
  if (!first || !second) throw new Error('not constructed')
  const provider = new TracerProvider({ spanProcessors: [first, second] })
  const tracer = provider.getTracer('app')
  for (let i = 0; i < 5; i += 1) tracer.startSpan('work').end()
  // A busy machine needs longer than the shutdown may take to start a thread.
  await first.forceFlush()
  await provider.shutdown()
  expect(threads).toHaveLength(1)
  expect(first.ledger()).toMatchObject({ started: 5, exported: 5 })
  expect(second.ledger()).toMatchObject({ started: 5, droppedAtExit: 5 })
  expect(good.spans()).toHaveLength(5)
  expect(said).toEqual([expect.stringContaining('5 spans lost at exit')])
  for (const processor of [first, second]) assertLedgerAddsUp(processor.ledger())
})

test('a slow exporter beside the delivery thread holds up nobody but itself', async () => {
  listenToStderr()
  await using sink = await otlpSink()
  const slow = new BatchSpanProcessor({ exporter: new AnyExporter(() => undefined), shutdownTimeoutMillis: 50 })
  onTestFinished(async () => {
    await slow.shutdown()
    assertLedgerAddsUp(slow.ledger())
  })
  const tracing = startTracingTo(sink, 'grpc', { spanProcessors: [slow, 'auto'], shutdownTimeoutMillis: 200 })
  endSpans(3)
  const flushed = tracing.flush({ timeoutMillis: 800 })
  await vi.waitFor(() => expect(sink.spans()).toHaveLength(3), { timeout: 700 })
  await flushed
  expect(slow.ledger()).toMatchObject({ started: 3, exported: 0, exporting: 3 })
})

test('after a shutdown tracing starts anew, with new books and a new thread', async () => {
  const threads = watchThreads()
  await using sink = await otlpSink()
  const first = startTracingTo(sink, 'http/protobuf')
  endSpans(2)
  await first.shutdown()
  const second = startTracingTo(sink, 'http/protobuf')
  expect(second).not.toBe(first)
  expect(second.ledger()).toMatchObject({ started: 0, exported: 0 })
  endSpans(3)
  await second.flush()
  expect(first.ledger()).toMatchObject({ started: 2, exported: 2 })
  expect(second.ledger()).toMatchObject({ started: 3, exported: 3 })
  expect(sink.spans()).toHaveLength(5)
  await second.shutdown()
  expect(threads).toHaveLength(2)
  await vi.waitFor(() => expect(threads.map(({ threadId }) => threadId)).toEqual([-1, -1]))
})

test('a second start while tracing runs has the same books', async () => {
  listenToStderr()
  await using sink = await otlpSink()
  const tracing = startTracingTo(sink, 'http/protobuf')
  expect(startTracing()).toBe(tracing)
  endSpans(1)
  await tracing.shutdown()
  expect(tracing.ledger()).toMatchObject({ started: 1, exported: 1 })
})

test('processors come and go, and leave no listener with the process', async () => {
  const events = ['SIGTERM', 'SIGINT', 'SIGHUP', 'beforeExit', 'exit']
  const counts = (): number[] => events.map((event) => process.listenerCount(event))
  const emit = (): unknown => Reflect.get(process, 'emit')
  const before = { counts: counts(), emit: emit() }
  for (let round = 0; round < 20; round += 1) {
    const exporter = new AnyExporter((done) => done(SUCCESS))
    const processor = new BatchSpanProcessor({ exporter })
    new TracerProvider({ spanProcessors: [processor] }).getTracer('app').startSpan('work').end()
    await processor.shutdown()
    expect(processor.ledger()).toMatchObject({ exported: 1 })
    assertLedgerAddsUp(processor.ledger())
  }
  expect({ counts: counts(), emit: emit() }).toEqual(before)
})

test('a burst of spans far beyond the queue is lost by no exporter that the thread feeds', async () => {
  await using sink = await otlpSink()
  const { end, processor } = otlpRig(sink, 'http/protobuf')
  end(20_000)
  expect(processor.ledger()).toMatchObject({ started: 20_000, droppedQueueFull: 0 })
  await processor.forceFlush()
  expect(processor.ledger()).toMatchObject({ exported: 20_000 })
  expect(new Set(sink.spans().map(({ spanId }) => spanId)).size).toBe(20_000)
})
