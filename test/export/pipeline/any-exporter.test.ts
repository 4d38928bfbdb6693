import { InMemorySpanExporter } from '@opentelemetry/sdk-trace'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { AnyExporter, listenToStderr, rig, SUCCESS, type Done } from './rig.js'

beforeEach(() => void vi.useFakeTimers())

const pass = (millis: number): Promise<unknown> => vi.advanceTimersByTimeAsync(millis)

test('spans reach an exporter of the SDK, and are counted as exported', async () => {
  const exporter = new InMemorySpanExporter()
  const { end, processor } = rig({ exporter })
  end(3)
  expect(processor.ledger()).toMatchObject({ started: 3, queued: 3 })
  const flushed = processor.forceFlush()
  await pass(10)
  await flushed
  expect(exporter.getFinishedSpans()).toHaveLength(3)
  expect(processor.ledger()).toMatchObject({ started: 3, exported: 3 })
})

describe('a batch leaves', () => {
  test('as soon as it is full, with so many spans as it may have', async () => {
    const exporter = new AnyExporter()
    const { end } = rig({ exporter, maxExportBatchSize: 4 })
    end(3)
    await pass(10)
    expect(exporter.sizes).toEqual([])
    end(1)
    expect(exporter.sizes).toEqual([4])
    end(9)
    await pass(10)
    expect(exporter.sizes).toEqual([4, 4, 4])
  })

  test('when the delay since its first span is over, as it is', async () => {
    const exporter = new AnyExporter()
    const { end } = rig({ exporter, scheduledDelayMillis: 1_000 })
    end(1, 'first')
    await pass(600)
    end(1, 'second')
    await pass(399)
    expect(exporter.batches).toEqual([])
    await pass(1)
    expect(exporter.batches).toEqual([['first', 'second']])
    end(1, 'third')
    await pass(999)
    expect(exporter.batches).toHaveLength(1)
    await pass(1)
    expect(exporter.batches).toEqual([['first', 'second'], ['third']])
  })

  test('when the delay of what an export left behind is over', async () => {
    const exporter = new AnyExporter((done) => setTimeout(done, 300, SUCCESS))
    const { end, processor } = rig({ exporter, maxExportBatchSize: 2, scheduledDelayMillis: 1_000 })
    end(3)
    await pass(300)
    expect(exporter.sizes).toEqual([2])
    await pass(1_000)
    expect(exporter.sizes).toEqual([2, 1])
    await pass(300)
    expect(processor.ledger()).toMatchObject({ exported: 3, queued: 0 })
  })
})

test('one export is under way at a time, also while spans end, timers fire and flushes ask for more', async () => {
  const exporter = new AnyExporter((done) => setTimeout(done, 50, SUCCESS))
  const { end, processor } = rig({ exporter, maxExportBatchSize: 3, scheduledDelayMillis: 20 })
  const flushes: Promise<unknown>[] = []
  for (let round = 0; round < 20; round += 1) {
    end(4)
    if (round % 3 === 0) flushes.push(processor.forceFlush())
    await pass(10)
  }
  await pass(5_000)
  await Promise.all(flushes)
  expect(exporter.mostAtOnce).toBe(1)
  expect(Math.max(...exporter.sizes)).toBe(3)
  expect(processor.ledger()).toMatchObject({ started: 80, exported: 80 })
})

describe('with a full queue', () => {
  test('the newest spans are dropped and counted, the others arrive', async () => {
    listenToStderr()
    const answers: Done[] = []
    const exporter = new AnyExporter((done) => answers.push(done))
    const { end, processor } = rig({ exporter, maxQueueSize: 5, maxExportBatchSize: 2 })
    end(2, 'under way')
    end(5, 'waits')
    end(3, 'newest')
    expect(processor.ledger()).toMatchObject({ started: 10, exporting: 2, queued: 5, droppedQueueFull: 3 })
    for (let i = 0; i < 4; i += 1) {
      answers.shift()?.(SUCCESS)
      await pass(5_000)
    }
    expect(exporter.batches.flat()).toEqual(['under way', 'under way', ...Array<string>(5).fill('waits')])
    expect(processor.ledger()).toMatchObject({ exported: 7, droppedQueueFull: 3 })
  })

  test('the operator is told how many and what to do, once for the burst', async () => {
    const said = listenToStderr()
    const { end } = rig({ exporter: new AnyExporter(() => undefined), maxQueueSize: 2, maxExportBatchSize: 2 })
    end(9)
    await pass(1_000)
    end(1)
    await pass(10_000)
    expect(said).toEqual([expect.stringMatching(/^spanwright: 5 spans dropped: .*OTEL_BSP_MAX_QUEUE_SIZE/)])
  })
})

describe('a flush', () => {
  test('sends all there is, in batches, and then flushes the exporter', async () => {
    const exporter = new AnyExporter()
    const { end, processor } = rig({ exporter, maxExportBatchSize: 2 })
    end(5)
    const flushed = processor.forceFlush()
    await pass(10)
    await flushed
    expect(exporter.sizes).toEqual([2, 2, 1])
    expect(exporter.flushes).toBe(1)
    expect(processor.ledger()).toMatchObject({ exported: 5 })
  })

  test('flushes an exporter that keeps spans itself, also when nothing waits here', async () => {
    const exporter = new AnyExporter((done) => done(SUCCESS))
    const { end, processor } = rig({ exporter, maxExportBatchSize: 1 })
    end(1)
    await pass(1)
    await processor.forceFlush()
    expect(exporter.flushes).toBe(1)
  })

  test('is bounded by the export timeout, or by what the caller says', async () => {
    listenToStderr()
    const { end, processor } = rig({ exporter: new AnyExporter(() => undefined), exportTimeoutMillis: 5_000 })
    end(1)
    const settled = vi.fn()
    const flushed = processor.forceFlush({ timeoutMillis: 200 }).then(settled)
    await pass(199)
    expect(settled).not.toHaveBeenCalled()
    await pass(10)
    expect(settled).toHaveBeenCalledOnce()
    await flushed
    end(1)
    const second = processor.forceFlush().then(settled)
    await pass(4_700)
    expect(settled).toHaveBeenCalledOnce()
    await pass(310)
    expect(settled).toHaveBeenCalledTimes(2)
    await second
  })

  test('without an end waits for the answer', async () => {
    const exporter = new AnyExporter((done) => setTimeout(done, 9_000, SUCCESS))
    const { end, processor } = rig({ exporter })
    end(1)
    const flushed = processor.forceFlush({ timeoutMillis: Infinity })
    await pass(8_999)
    expect(processor.ledger()).toMatchObject({ exporting: 1 })
    const settled = vi.fn()
    void flushed.then(settled)
    await pass(0)
    expect(settled).not.toHaveBeenCalled()
    await pass(1)
    await flushed
    expect(processor.ledger()).toMatchObject({ exported: 1 })
  })

  test('that overlaps others settles like them', async () => {
    const exporter = new AnyExporter((done) => setTimeout(done, 100, SUCCESS))
    const { end, processor } = rig({ exporter })
    end(2)
    const flushes = [1, 2, 3].map(() => processor.forceFlush())
    await pass(100)
    await Promise.all(flushes)
    expect(exporter.sizes).toEqual([2])
    expect(processor.ledger()).toMatchObject({ exported: 2 })
  })
})

describe('a shutdown', () => {
  test('sends what is there, shuts the exporter down once, and is the same for all who ask', async () => {
    const exporter = new AnyExporter()
    const { end, processor } = rig({ exporter })
    end(2)
    const shutdowns = [processor.shutdown(), processor.shutdown()]
    await pass(10)
    await Promise.all([...shutdowns, processor.shutdown(), processor.forceFlush()])
    expect(exporter.sizes).toEqual([2])
    expect(exporter.shutdowns).toBe(1)
    expect(processor.ledger()).toMatchObject({ exported: 2 })
  })

  test('counts spans that end later as lost at exit, and never calls the exporter again', async () => {
    const exporter = new AnyExporter()
    const { end, processor, tracer } = rig({ exporter })
    const open = tracer.startSpan('open')
    await processor.shutdown()
    expect(processor.ledger()).toMatchObject({ started: 1, open: 1, droppedAtExit: 0 })
    open.end()
    end(2)
    await pass(60_000)
    expect(exporter.batches).toEqual([])
    expect(processor.ledger()).toMatchObject({ started: 3, open: 0, droppedAtExit: 3 })
  })

  test('gives up in its time where the exporter never answers, to its own shutdown neither, and says what is lost', async () => {
    const said = listenToStderr()
    const exporter = new AnyExporter(() => undefined)
    exporter.shutdown = () => new Promise(() => undefined)
    const { end, processor } = rig({ exporter, maxExportBatchSize: 2, shutdownTimeoutMillis: 700 })
    end(3)
    const settled = vi.fn()
    const stopped = processor.shutdown().then(settled)
    await pass(699)
    expect(settled).not.toHaveBeenCalled()
    await pass(10)
    expect(settled).toHaveBeenCalledOnce()
    await stopped
    expect(processor.ledger()).toMatchObject({ exporting: 0, queued: 0, droppedAtExit: 3 })
    expect(said).toEqual([expect.stringMatching(/^spanwright: 3 spans lost at exit: .*AnyExporter/)])
  })

  test('is not moved by an answer that comes after it', async () => {
    listenToStderr()
    const answers: Done[] = []
    const { end, processor } = rig({ exporter: new AnyExporter((done) => answers.push(done)) })
    end(3)
    const stopped = processor.shutdown({ timeoutMillis: 50 })
    await pass(50)
    await stopped
    for (const answer of answers) answer(SUCCESS)
    await pass(1)
    expect(processor.ledger()).toMatchObject({ exported: 0, droppedAtExit: 3 })
  })

  test('leaves no timer behind', async () => {
    const { end, processor } = rig({ exporter: new AnyExporter() })
    end(3)
    const stopped = processor.shutdown()
    await pass(10)
    await stopped
    expect(vi.getTimerCount()).toBe(0)
  })
})
