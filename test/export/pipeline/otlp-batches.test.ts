import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { otlpSink } from '../../helpers/otlp-sink.js'
import { otlpRig, PROTOCOLS } from './rig.js'

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterAll(() => context.disable())

const MIB = 1_024 * 1_024
/** What a collector takes over gRPC unless told otherwise. */
const LARGEST_MESSAGE_BYTES = 4 * MIB
const LONG = { scheduledDelayMillis: 60_000 }

describe.each(PROTOCOLS)('over %s a batch leaves', (protocol) => {
  test('when it is full', async () => {
    await using sink = await otlpSink()
    const { end, processor } = otlpRig(sink, protocol, { ...LONG, maxExportBatchSize: 10 })
    end(25)
    await sink.waitForSpans(20)
    expect(sink.requests.map(({ spans }) => spans.length)).toEqual([10, 10])
    await vi.waitFor(() => expect(processor.ledger()).toMatchObject({ exported: 20, queued: 5 }))
    await processor.forceFlush()
    expect(sink.requests.map(({ spans }) => spans.length)).toEqual([10, 10, 5])
  })

  test('when the delay since its first span is over', async () => {
    await using sink = await otlpSink()
    const { end, processor } = otlpRig(sink, protocol, { scheduledDelayMillis: 100 })
    await processor.forceFlush()
    end(1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    end(1)
    await sink.waitForSpans(2)
    expect(sink.requests.map(({ spans }) => spans.length)).toEqual([2])
    await vi.waitFor(() => expect(processor.ledger()).toMatchObject({ exported: 2 }))
  })

  test('long before it is as large as a backend may refuse, whatever its spans hold', async () => {
    await using sink = await otlpSink()
    const { tracer, processor } = otlpRig(sink, protocol, LONG)
    for (let i = 0; i < 40; i += 1) tracer.startSpan('big', { attributes: { text: `${i}`.padEnd(200_000, 'x') } }).end()
    expect(processor.ledger().queued).toBe(40)
    await sink.waitForRequests(6)
    await processor.forceFlush()
    const sizes = sink.requests.map(({ body }) => body.byteLength)
    expect(sink.spans()).toHaveLength(40)
    expect(Math.max(...sizes)).toBeLessThan(LARGEST_MESSAGE_BYTES / 2)
    // Nor span by span.
    expect(sizes.length).toBeLessThan(12)
    expect(processor.ledger()).toMatchObject({ exported: 40 })
  })

  test('with attributes of the resource that were still being looked up, at a flush and at a shutdown too', async () => {
    for (const method of ['forceFlush', 'shutdown'] as const) {
      await using sink = await otlpSink()
      const late = new Promise<string>((resolve) => setTimeout(resolve, 50, 'eu-west-1'))
      const resource = resourceFromAttributes({ 'cloud.region': late })
      const { end, processor } = otlpRig(sink, protocol, { ...LONG, maxExportBatchSize: 2 }, { resource })
      end(3)
      await processor[method]()
      const regions = sink.spans().map((span) => span.resource.attributes['cloud.region'])
      expect(regions, method).toEqual(Array(3).fill('eu-west-1'))
    }
  })
})

test('attributes of the resource that never come are waited for a second, by full batches too', async () => {
  await using sink = await otlpSink()
  const resource = resourceFromAttributes({ late: new Promise<string>(() => undefined), 'service.name': 'shop' })
  const { end, processor } = otlpRig(
    sink,
    'http/protobuf',
    { scheduledDelayMillis: 10, maxExportBatchSize: 2 },
    { resource },
  )
  const before = performance.now()
  end(3)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(processor.ledger()).toMatchObject({ queued: 3 })
  await sink.waitForSpans(3)
  expect(performance.now() - before).toBeGreaterThan(950)
  expect(performance.now() - before).toBeLessThan(2_000)
  expect(sink.spans().map((span) => span.resource.attributes['service.name'])).toEqual(Array(3).fill('shop'))
})

test('full batches that wait for the resource leave when there are as many spans as the queue may hold', async () => {
  await using sink = await otlpSink()
  const resource = resourceFromAttributes({ late: new Promise<string>(() => undefined) })
  const options = { ...LONG, maxExportBatchSize: 2, maxQueueSize: 6 }
  const { end, processor } = otlpRig(sink, 'http/protobuf', options, { resource })
  const before = performance.now()
  end(7)
  await sink.waitForSpans(6)
  expect(performance.now() - before).toBeLessThan(900)
  expect(processor.ledger()).toMatchObject({ droppedQueueFull: 0 })
  await processor.shutdown()
  expect(sink.spans()).toHaveLength(7)
})

test('a span is what it was when it ended', async () => {
  await using sink = await otlpSink()
  const { tracer, processor } = otlpRig(sink, 'grpc', LONG)
  const list = ['as it was']
  tracer.startSpan('work', { attributes: { list } }).end()
  list[0] = 'changed afterwards'
  await processor.forceFlush()
  expect(sink.spans()).toMatchObject([{ attributes: { list: ['as it was'] } }])
})
