import { context, ROOT_CONTEXT } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { isTracingSuppressed } from '@opentelemetry/core'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { SamplingDecision, type ReadableSpan, type Sampler } from '@opentelemetry/sdk-trace'
import { AsyncLocalStorage } from 'node:async_hooks'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { AnyExporter, listenToStderr, rig, SUCCESS, type Rig } from './rig.js'

// What of its surroundings an exporter is given, and what it is not.

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterAll(() => context.disable())

const requests = new AsyncLocalStorage<string>()

describe('an exporter is called outside of the request', () => {
  /** Notes, at each export, the request it is in. */
  function noting(): { exporter: AnyExporter; seen: unknown[] } {
    const seen: unknown[] = []
    const note = (): void => void seen.push(requests.getStore())
    const exporter = new AnyExporter((done) => {
      note()
      setImmediate(() => {
        note()
        done(SUCCESS)
      })
    })
    return { exporter, seen }
  }

  test('that happened to fill the batch', async () => {
    const { exporter, seen } = noting()
    const { end, processor } = rig({ exporter, maxExportBatchSize: 2 })
    requests.run('request 1', () => end(4))
    await processor.forceFlush()
    expect(seen).toEqual(Array(4).fill(undefined))
  })

  test('that set the timer', async () => {
    const { exporter, seen } = noting()
    const { end, processor } = rig({ exporter, scheduledDelayMillis: 5 })
    requests.run('request 1', () => end(1))
    await vi.waitFor(() => expect(processor.ledger().exported).toBe(1))
    expect(seen).toEqual([undefined, undefined])
  })

  test('that flushes', async () => {
    const { exporter, seen } = noting()
    const { end, processor } = rig({ exporter })
    end(1)
    await requests.run('request 1', () => processor.forceFlush())
    expect(seen).toEqual([undefined, undefined])
  })
})

test('what an exporter does is not traced', async () => {
  const suppressed: boolean[] = []
  const note = (): void => void suppressed.push(isTracingSuppressed(context.active()))
  const exporter = new AnyExporter((done) => {
    note()
    tracing.tracer.startSpan('call to the backend', {}, context.active()).end()
    setImmediate(() => {
      note()
      done(SUCCESS)
    })
  })
  const tracing: Rig = rig({ exporter, maxExportBatchSize: 2 })
  tracing.end(2)
  tracing.end(1)
  await tracing.processor.forceFlush()
  expect(suppressed).toEqual(Array(4).fill(true))
  expect(tracing.processor.ledger()).toMatchObject({ started: 3, exported: 3 })
})

test('what an exporter does when it is flushed or shut down is not traced', async () => {
  const suppressed: boolean[] = []
  const note = (): Promise<void> => Promise.resolve(void suppressed.push(isTracingSuppressed(context.active())))
  const exporter = new AnyExporter((done) => done(SUCCESS))
  Object.assign(exporter, { forceFlush: note, shutdown: note })
  const { end, processor } = rig({ exporter })
  end(1)
  await processor.forceFlush()
  // Flushes once more.
  await processor.shutdown()
  expect(suppressed).toEqual([true, true, true])
})

describe('spans that the sampler', () => {
  const withDecision = (decision: SamplingDecision): { tracing: Rig; exporter: AnyExporter } => {
    const sampler: Sampler = { shouldSample: () => ({ decision }), toString: () => 'Always the same' }
    const exporter = new AnyExporter((done) => done(SUCCESS))
    return { tracing: rig({ exporter }, { sampler }), exporter }
  }

  test('records and does not sample are left out, and counted', async () => {
    const { tracing, exporter } = withDecision(SamplingDecision.RECORD)
    const open = tracing.tracer.startSpan('open', {}, ROOT_CONTEXT)
    tracing.end(3)
    await tracing.processor.forceFlush()
    expect(exporter.batches).toEqual([])
    expect(tracing.processor.ledger()).toMatchObject({ started: 4, open: 1, sampledOut: 3, queued: 0 })
    open.end()
  })

  test('does not record never come here', async () => {
    const { tracing } = withDecision(SamplingDecision.NOT_RECORD)
    tracing.end(3)
    await tracing.processor.forceFlush()
    expect(tracing.processor.ledger()).toMatchObject({ started: 0 })
  })
})

describe('attributes of the resource that are still being looked up', () => {
  const withLate = (late: Promise<string>): { tracing: Rig; seen: ReadableSpan[]; exporter: AnyExporter } => {
    const seen: ReadableSpan[] = []
    const exporter = new AnyExporter((done, spans) => {
      seen.push(...spans)
      done(SUCCESS)
    })
    const resource = resourceFromAttributes({ 'service.name': 'shop', 'cloud.region': late })
    return { tracing: rig({ exporter, maxExportBatchSize: 2 }, { resource }), seen, exporter }
  }

  test('are waited for', async () => {
    vi.useFakeTimers()
    const { promise, resolve } = Promise.withResolvers<string>()
    const { tracing, seen } = withLate(promise)
    tracing.end(3)
    await vi.advanceTimersByTimeAsync(900)
    expect(seen).toEqual([])
    resolve('eu-west-1')
    await vi.advanceTimersByTimeAsync(5)
    expect(seen).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(6_000)
    expect(seen.map(({ resource }) => resource.attributes['cloud.region'])).toEqual(Array(3).fill('eu-west-1'))
  })

  test('are waited for by a flush and by a shutdown', async () => {
    for (const method of ['forceFlush', 'shutdown'] as const) {
      const late = new Promise<string>((resolve) => setTimeout(resolve, 30, 'eu-west-1'))
      const { tracing, seen } = withLate(late)
      tracing.end(1)
      await tracing.processor[method]()
      expect(
        seen.map(({ resource }) => resource.attributes['cloud.region']),
        method,
      ).toEqual(['eu-west-1'])
    }
  })

  test('are not waited for longer than a second', async () => {
    vi.useFakeTimers()
    const { tracing, seen } = withLate(new Promise(() => undefined))
    tracing.end(2)
    await vi.advanceTimersByTimeAsync(999)
    expect(seen).toEqual([])
    await vi.advanceTimersByTimeAsync(2)
    expect(seen).toHaveLength(2)
    tracing.end(2)
    await vi.advanceTimersByTimeAsync(2)
    expect(seen).toHaveLength(4)
  })

  test('that can not be found out hold nothing up', async () => {
    const { tracing, seen } = withLate(Promise.reject(new Error('no such host')))
    tracing.end(1)
    await tracing.processor.forceFlush()
    expect(seen.map(({ resource }) => resource.attributes['service.name'])).toEqual(['shop'])
  })

  test('leave no room for more than the queue holds', async () => {
    listenToStderr()
    vi.useFakeTimers()
    const exporter = new AnyExporter((done) => done(SUCCESS))
    const resource = resourceFromAttributes({ 'cloud.region': new Promise<string>(() => undefined) })
    const { end, processor } = rig({ exporter, maxQueueSize: 4, maxExportBatchSize: 2 }, { resource })
    end(6)
    expect(processor.ledger()).toMatchObject({ queued: 4, droppedQueueFull: 2 })
    await vi.advanceTimersByTimeAsync(1_001)
    expect(processor.ledger()).toMatchObject({ exported: 4, droppedQueueFull: 2 })
  })
})
