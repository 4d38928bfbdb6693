import { diag, DiagLogLevel, trace } from '@opentelemetry/api'
import { AsyncLocalStorage } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { MessagePort } from 'node:worker_threads'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { withFlush } from '../../../src/index.js'
import { otlpSink } from '../../helpers/otlp-sink.js'
import { environmentFor, otlpRig, rig, startTracingTo, watchThreads, withEnv } from './rig.js'

// The delivery thread as seen from the process that has it.

const LONG = { scheduledDelayMillis: 60_000 }
const wait = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

describe('the thread', () => {
  test('is not started where there are no spans', async () => {
    const threads = watchThreads()
    await using sink = await otlpSink()
    const { processor } = otlpRig(sink, 'grpc')
    await processor.forceFlush()
    await wait(400)
    await processor.shutdown()
    expect(threads).toHaveLength(0)
  })

  test('is not started in the tick that ends the first span, but within a second, before there is a batch', async () => {
    const threads = watchThreads()
    await using sink = await otlpSink()
    const { end, processor } = otlpRig(sink, 'grpc', LONG)
    end(1)
    await wait(0)
    expect(threads).toHaveLength(0)
    await vi.waitFor(() => expect(threads).toHaveLength(1), { timeout: 1_000, interval: 10 })
    expect(sink.requests).toHaveLength(0)
    await processor.shutdown()
    expect(sink.spans()).toHaveLength(1)
  })

  test('is heard when it warns, also where the delivery that was opened last has ended', async () => {
    const warnings: string[] = []
    const keep = (message: string): void => void warnings.push(message)
    diag.setLogger({ error: keep, warn: keep, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN)
    onTestFinished(() => diag.disable())
    const threads = watchThreads()
    const first = withEnv(
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'https://127.0.0.1:1',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere/ca.pem',
      },
      () => rig(LONG),
    )
    first.end(1)
    await vi.waitFor(() => expect(threads).toHaveLength(1), { timeout: 1_000, interval: 10 })
    await using sink = await otlpSink()
    const last = otlpRig(sink, 'http/protobuf', LONG)
    last.end(1)
    await last.processor.shutdown()
    expect(threads).toHaveLength(1)
    await first.processor.forceFlush({ timeoutMillis: 1_000 })
    expect(warnings).toContainEqual(expect.stringContaining("open '/nowhere/ca.pem'"))
  })

  test('is one, whatever the number of batches and flushes', async () => {
    const threads = watchThreads()
    await using sink = await otlpSink()
    const { end, processor } = otlpRig(sink, 'http/protobuf', { maxExportBatchSize: 2 })
    for (let round = 0; round < 5; round += 1) {
      end(5)
      await processor.forceFlush()
    }
    expect(threads).toHaveLength(1)
    expect(processor.ledger()).toMatchObject({ exported: 25 })
  })

  test.each(['a batch was sent', 'the first span has just ended'])('ends with the processor, when %s', async (when) => {
    const threads = watchThreads()
    await using sink = await otlpSink()
    const { end, processor } = otlpRig(sink, 'http/protobuf', LONG)
    end(1)
    if (when === 'a batch was sent') await processor.forceFlush()
    await processor.shutdown()
    // Longer than it takes until a thread would be started for the next batch.
    await wait(400)
    await vi.waitFor(() => expect(threads.map(({ threadId }) => threadId)).toEqual([-1]))
  })

  test.each([
    ['exportThread: false', { exportThread: false }, {}],
    ['SPANWRIGHT_EXPORT_THREAD=off', {}, { SPANWRIGHT_EXPORT_THREAD: 'off' }],
  ])('is never started with %s, and spans arrive', async (_how, options, env) => {
    const threads = watchThreads()
    await using sink = await otlpSink()
    const { end, processor } = withEnv(env, () => otlpRig(sink, 'grpc', { ...LONG, ...options, maxExportBatchSize: 2 }))
    end(5)
    await wait(300)
    await processor.forceFlush()
    expect(sink.spans()).toHaveLength(5)
    await processor.shutdown()
    expect(threads).toHaveLength(0)
  })

  test('is given the environment as it was when tracing started', async () => {
    await using sink = await otlpSink()
    const { end, processor } = withEnv(environmentFor(sink, 'http/protobuf'), () => {
      const tracing = otlpRig(sink, 'http/protobuf')
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:9')
      return tracing
    })
    end(1)
    await processor.forceFlush()
    expect(sink.spans()).toHaveLength(1)
  })

  test('keeps nothing of the request in which it was started', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const requests = new AsyncLocalStorage<object>()
    const threads = watchThreads()
    await using sink = await otlpSink()
    const { end, processor } = otlpRig(sink, 'http/protobuf', { ...LONG, maxExportBatchSize: 2 })
    const request = ((): WeakRef<object> => {
      const store = { body: 'x'.repeat(1_000) }
      requests.run(store, () => end(3))
      return new WeakRef(store)
    })()
    await vi.waitFor(() => expect(threads).toHaveLength(1))
    await vi.waitFor(() => {
      collect()
      expect(request.deref()).toBeUndefined()
    })
    expect(processor.ledger().queued).toBeGreaterThan(0)
    await processor.shutdown()
    expect(sink.spans()).toHaveLength(3)
  })
})

describe('a flush', () => {
  test('with nothing to do asks nobody, before the first span and after the last', async () => {
    const post = vi.spyOn(MessagePort.prototype, 'postMessage')
    const threads = watchThreads()
    await using sink = await otlpSink()
    const tracing = startTracingTo(sink, 'http/protobuf', { batch: LONG })
    await tracing.flush()
    expect(threads).toHaveLength(0)
    trace.getTracer('app').startSpan('work').end()
    await tracing.flush()
    expect(sink.requests).toHaveLength(1)
    const posts = post.mock.calls.length
    expect(posts).toBeGreaterThan(0)
    for (let i = 0; i < 3; i += 1) await tracing.flush()
    expect(post.mock.calls.length).toBe(posts)
    expect(sink.requests).toHaveLength(1)
    post.mockRestore()
  })

  test('does not wait for what ends after it was asked for', async () => {
    await using sink = await otlpSink()
    const { end, processor } = otlpRig(sink, 'http/protobuf', LONG)
    end(1)
    const flushed = processor.forceFlush()
    end(1)
    await flushed
    expect(processor.ledger().exported).toBeGreaterThan(0)
    await processor.shutdown()
    expect(sink.spans()).toHaveLength(2)
  })
})

test('withFlush delivers the spans of a call before it returns', async () => {
  await using sink = await otlpSink()
  const tracing = startTracingTo(sink, 'grpc', { batch: LONG })
  const handler = withFlush((name: string) => trace.getTracer('app').startSpan(name).end())
  for (const name of ['first', 'second']) {
    await handler(name)
    expect(sink.spans().map((span) => span.name)).toContain(name)
  }
  expect(tracing.ledger()).toMatchObject({ exported: 2 })
})

test('withFlush waits no longer than it may for a backend that hangs, and the spans still arrive', async () => {
  await using sink = await otlpSink()
  const { promise: answered, resolve: answer } = Promise.withResolvers<{ kind: 'ok' }>()
  sink.respondWith(() => answered)
  const tracing = startTracingTo(sink, 'grpc', { batch: LONG })
  const handler = withFlush(() => trace.getTracer('app').startSpan('work').end(), { timeoutMillis: 300 })
  const before = performance.now()
  await handler()
  expect(performance.now() - before).toBeLessThan(900)
  expect(tracing.ledger()).toMatchObject({ exported: 0 })
  answer({ kind: 'ok' })
  await vi.waitFor(() => expect(tracing.ledger()).toMatchObject({ exported: 1 }))
})
