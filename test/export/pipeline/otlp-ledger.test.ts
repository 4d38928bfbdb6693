import { SpanStatusCode, trace } from '@opentelemetry/api'
import { SamplingDecision, type Sampler } from '@opentelemetry/sdk-trace'
import { describe, expect, test, vi } from 'vitest'
import { alwaysOff, errorBiasedSampler, type TracingLedger } from '../../../src/index.js'
import { assertLedgerAddsUp } from '../../helpers/ledger.js'
import { otlpSink } from '../../helpers/otlp-sink.js'
import { listenToStderr, otlpRig, PROTOCOLS, startTracingTo, withEnv } from './rig.js'

const LONG = { scheduledDelayMillis: 60_000 }

/** All fields that are not zero. */
function places(ledger: TracingLedger): Partial<TracingLedger> {
  assertLedgerAddsUp(ledger)
  return Object.fromEntries(Object.entries(ledger).filter(([, count]) => count !== 0))
}

async function until(read: () => TracingLedger, expected: Partial<TracingLedger>): Promise<void> {
  await vi.waitFor(() => expect(places(read())).toEqual(expected), { timeout: 5_000, interval: 5 })
}

describe.each(['thread', 'no thread'])('with %s', (how) => {
  const THREAD = { ...LONG, exportThread: how === 'thread' }

  describe.each(PROTOCOLS)('over %s', (protocol) => {
    test('a span is open, queued, exporting, and exported', async () => {
      await using sink = await otlpSink()
      const { promise: answered, resolve: answer } = Promise.withResolvers<{ kind: 'ok' }>()
      sink.respondWith(() => answered)
      const { tracer, processor } = otlpRig(sink, protocol, { ...THREAD, maxExportBatchSize: 2 })
      const ledger = (): TracingLedger => processor.ledger()
      const [first, second, third] = ['first', 'second', 'third'].map((name) => tracer.startSpan(name))
      expect(places(ledger())).toEqual({ started: 3, open: 3 })
      first?.end()
      expect(places(ledger())).toEqual({ started: 3, open: 2, queued: 1 })
      second?.end()
      await until(ledger, { started: 3, open: 1, exporting: 2 })
      third?.end()
      expect(places(ledger())).toEqual({ started: 3, exporting: 2, queued: 1 })
      answer({ kind: 'ok' })
      await until(ledger, { started: 3, exported: 2, queued: 1 })
      await processor.forceFlush()
      expect(places(ledger())).toEqual({ started: 3, exported: 3 })
    })

    test('spans that the backend rejects or refuses are counted as failed, and told', async () => {
      const said = listenToStderr()
      await using sink = await otlpSink()
      sink.respondWith([
        { kind: 'partialSuccess', rejectedSpans: 2, errorMessage: 'too old' },
        { kind: 'status', http: 400, grpc: 3, message: 'no such tenant' },
      ])
      const { end, processor } = otlpRig(sink, protocol, THREAD)
      end(5)
      await processor.forceFlush()
      expect(places(processor.ledger())).toEqual({ started: 5, exported: 3, droppedExportFailed: 2 })
      end(4)
      await processor.forceFlush()
      expect(places(processor.ledger())).toEqual({ started: 9, exported: 3, droppedExportFailed: 6 })
      end(1)
      await processor.forceFlush()
      expect(places(processor.ledger())).toEqual({ started: 10, exported: 4, droppedExportFailed: 6 })
      await processor.shutdown()
      expect(sink.requests).toHaveLength(3)
      expect(said).toEqual([expect.stringMatching(/no such tenant.*6 spans dropped/)])
    })
  })

  test('spans wait while the backend is away, and arrive when it is back', async () => {
    listenToStderr()
    await using sink = await otlpSink()
    await sink.down()
    const { end, processor } = otlpRig(sink, 'http/protobuf', THREAD)
    end(3)
    await processor.forceFlush({ timeoutMillis: 500 })
    expect(places(processor.ledger())).toEqual({ started: 3, queued: 3 })
    await sink.up()
    await processor.forceFlush({ timeoutMillis: 5_000 })
    expect(places(processor.ledger())).toEqual({ started: 3, exported: 3 })
    expect(sink.spans()).toHaveLength(3)
  })

  test('spans that could not be sent in the time to leave, or that end later, are lost at exit, and told', async () => {
    const said = listenToStderr()
    await using sink = await otlpSink()
    sink.respondWith({ kind: 'hang' })
    const { end, processor } = otlpRig(sink, 'grpc', { ...THREAD, maxExportBatchSize: 2 })
    end(5)
    const before = performance.now()
    const stopped = processor.shutdown({ timeoutMillis: 300 })
    end(1)
    await stopped
    expect(performance.now() - before).toBeLessThan(1_000)
    end(2)
    expect(places(processor.ledger())).toEqual({ started: 8, droppedAtExit: 8 })
    expect(said).toEqual([expect.stringMatching(/^spanwright: 5 spans lost at exit: /)])
  })

  test('shutdowns and flushes, of any number, settle together and send nothing twice', async () => {
    await using sink = await otlpSink()
    const { end, processor } = otlpRig(sink, 'http/protobuf', { ...THREAD, maxExportBatchSize: 7 })
    end(30)
    const flushes = [1, 2, 3].map(() => processor.forceFlush())
    end(30)
    const shutdowns = [1, 2].map(() => processor.shutdown())
    await Promise.all([...flushes, ...shutdowns, processor.forceFlush()])
    expect(places(processor.ledger())).toEqual({ started: 60, exported: 60 })
    expect(new Set(sink.spans().map(({ spanId }) => spanId)).size).toBe(60)
    expect(sink.spans()).toHaveLength(60)
  })

  test('a flush without end waits for its answer', async () => {
    await using sink = await otlpSink()
    sink.respondWith({ kind: 'slow', millis: 200 })
    const { end, processor } = otlpRig(sink, 'http/protobuf', THREAD)
    end(1)
    await processor.forceFlush({ timeoutMillis: Infinity })
    expect(places(processor.ledger())).toEqual({ started: 1, exported: 1 })
  })

  test('a shutdown that may take for ever waits for its answer', async () => {
    await using sink = await otlpSink()
    sink.respondWith({ kind: 'slow', millis: 200 })
    const { end, processor } = otlpRig(sink, 'http/protobuf', { ...THREAD, shutdownTimeoutMillis: 2 ** 31 })
    end(1)
    await processor.shutdown()
    expect(places(processor.ledger())).toEqual({ started: 1, exported: 1 })
  })
})

describe('under startTracing', () => {
  const end = (count: number): void => {
    for (let i = 0; i < count; i += 1) trace.getTracer('app').startSpan('work').end()
  }

  test('a span that the sampler turns down is counted as not recorded', async () => {
    await using sink = await otlpSink()
    const tracing = startTracingTo(sink, 'http/protobuf', { sampler: alwaysOff() })
    end(3)
    await tracing.flush()
    expect(places(tracing.ledger())).toEqual({ started: 3, notRecorded: 3 })
  })

  test('a span that is recorded and not sampled is counted as sampled out, once it has ended', async () => {
    await using sink = await otlpSink()
    const sampler: Sampler = { shouldSample: () => ({ decision: SamplingDecision.RECORD }), toString: () => 'Records' }
    const tracing = startTracingTo(sink, 'http/protobuf', { sampler })
    const open = trace.getTracer('app').startSpan('open')
    end(3)
    await tracing.flush()
    expect(places(tracing.ledger())).toEqual({ started: 4, open: 1, sampledOut: 3 })
    open.end()
    expect(places(tracing.ledger())).toEqual({ started: 4, sampledOut: 4 })
  })

  test('a span whose trace may still fail is undecided, then exported or sampled out', async () => {
    await using sink = await otlpSink()
    const tracing = startTracingTo(sink, 'http/protobuf', { sampler: errorBiasedSampler({ ratio: 0 }), batch: LONG })
    const tracer = trace.getTracer('app')
    for (const outcome of ['fails', 'is well'] as const) {
      tracer.startActiveSpan(outcome, (root) => {
        tracer.startSpan('query').end()
        expect(tracing.ledger()).toMatchObject({ open: 1, undecided: 1, queued: 0 })
        if (outcome === 'fails') root.setStatus({ code: SpanStatusCode.ERROR })
        root.end()
      })
      expect(tracing.ledger()).toMatchObject({ open: 0, undecided: 0 })
      await tracing.flush()
    }
    expect(places(tracing.ledger())).toEqual({ started: 4, exported: 2, sampledOut: 2 })
    expect(
      sink
        .spans()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['fails', 'query'])
  })

  test('spans that end after the shutdown, or are started after it, are counted too', async () => {
    await using sink = await otlpSink()
    const tracing = startTracingTo(sink, 'http/protobuf', { batch: LONG })
    const tracer = trace.getTracer('app')
    const open = tracer.startSpan('open')
    end(2)
    await tracing.shutdown()
    expect(places(tracing.ledger())).toEqual({ started: 3, exported: 2, open: 1 })
    open.end()
    tracer.startSpan('later').end()
    expect(places(tracing.ledger())).toEqual({ started: 4, exported: 2, droppedAtExit: 2 })
  })

  test.each(['grpc', 'http/protobuf', 'http/json'] as const)('everything is exported over %s', async (protocol) => {
    await using sink = await otlpSink()
    const tracing = startTracingTo(sink, protocol, { batch: { ...LONG, maxExportBatchSize: 50 } })
    end(120)
    expect(tracing.ledger().queued + tracing.ledger().exporting + tracing.ledger().exported).toBe(120)
    await tracing.flush()
    expect(places(tracing.ledger())).toEqual({ started: 120, exported: 120 })
    expect(sink.requests.map(({ spans }) => spans.length).toSorted()).toEqual([20, 50, 50])
  })

  test('the words of the environment hold, and options go before them', async () => {
    await using sink = await otlpSink()
    const env = { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4', OTEL_BSP_SCHEDULE_DELAY: '50' }
    const batch = { scheduledDelayMillis: 60_000 }
    const tracing = withEnv(env, () => startTracingTo(sink, 'http/protobuf', { batch }))
    end(1)
    await tracing.flush()
    end(6)
    await sink.waitForSpans(5)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(places(tracing.ledger())).toEqual({ started: 7, exported: 5, queued: 2 })
    await tracing.shutdown()
  })
})
