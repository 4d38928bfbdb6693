import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  BatchSpanProcessor,
  type BatchSpanProcessorOptions,
} from '../../../src/export/pipeline/batch-span-processor.js'
import { TracingConfigError } from '../../../src/internal/checks/validate.js'
import { assertLedgerAddsUp } from '../../helpers/ledger.js'
import { AnyExporter, listenToStderr, rig, SUCCESS, withEnv } from './rig.js'

const construct = (options: unknown): unknown => new BatchSpanProcessor(options as BatchSpanProcessorOptions)

describe('a wrong option is told where the processor is constructed:', () => {
  const numbers = [
    'maxQueueSize',
    'maxExportBatchSize',
    'scheduledDelayMillis',
    'exportTimeoutMillis',
    'outageBufferBytes',
    'spoolMaxBytes',
    'shutdownTimeoutMillis',
  ]
  const wrongNumbers: [unknown, string][] = [
    [Number.NaN, 'ERR_OPTION_RANGE'],
    [-1, 'ERR_OPTION_RANGE'],
    [Infinity, 'ERR_OPTION_RANGE'],
    ['512', 'ERR_OPTION_TYPE'],
    [null, 'ERR_OPTION_TYPE'],
    [{}, 'ERR_OPTION_TYPE'],
  ]
  const cases: [string, unknown, string][] = [
    ...numbers.flatMap((name) => wrongNumbers.map(([value, code]): [string, unknown, string] => [name, value, code])),
    ['maxQueueSize', 0, 'ERR_OPTION_RANGE'],
    ['maxQueueSize', 1.5, 'ERR_OPTION_RANGE'],
    ['maxExportBatchSize', 0, 'ERR_OPTION_RANGE'],
    ['maxExportBatchSize', 2.5, 'ERR_OPTION_RANGE'],
    ['scheduledDelayMillis', 2 ** 31, 'ERR_OPTION_RANGE'],
    ['exportTimeoutMillis', 0, 'ERR_OPTION_RANGE'],
    ['exportTimeoutMillis', 2 ** 31, 'ERR_OPTION_RANGE'],
    ['outageBufferBytes', 1_024, 'ERR_OPTION_RANGE'],
    ['spoolMaxBytes', 1_024, 'ERR_OPTION_RANGE'],
    ['spoolDirectory', '', 'ERR_OPTION_RANGE'],
    ['spoolDirectory', 5, 'ERR_OPTION_TYPE'],
    ['exportThread', 'off', 'ERR_OPTION_TYPE'],
    ['exportThread', null, 'ERR_OPTION_TYPE'],
    ['exporter', 'zipkin', 'ERR_OPTION_RANGE'],
    ['exporter', '', 'ERR_OPTION_RANGE'],
    ['exporter', {}, 'ERR_OPTION_TYPE'],
    ['exporter', { kind: 'zipkin' }, 'ERR_OPTION_TYPE'],
    ['exporter', { export: () => undefined }, 'ERR_OPTION_TYPE'],
    ['exporter', AnyExporter, 'ERR_OPTION_TYPE'],
    ['exporter', 5, 'ERR_OPTION_TYPE'],
    ['exporter', true, 'ERR_OPTION_TYPE'],
    ['exporter', null, 'ERR_OPTION_TYPE'],
    ['selfObsMeterProvider', {}, 'ERR_OPTION_TYPE'],
    ['selfObsMeterProvider', null, 'ERR_OPTION_TYPE'],
  ]
  test.each(cases)('%s: %s', (option, received, code) => {
    const constructing = (): unknown => construct({ [option]: received })
    expect(constructing).toThrow(TracingConfigError)
    expect(constructing).toThrow(expect.objectContaining({ code, option, received }))
  })

  test('a batch that is larger than the queue', () => {
    const wrong = (): unknown => construct({ maxQueueSize: 100, maxExportBatchSize: 101 })
    expect(wrong).toThrow('maxExportBatchSize must be an integer from 1 to 100, got 101')
  })

  test.each([null, 5, 'otlp', []])('options that are no object: %s', (options) => {
    expect(() => construct(options)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_TYPE', option: 'options' }))
  })

  test('nothing of a processor that could not be constructed stays with the process', () => {
    const events = (): number[] => ['SIGTERM', 'beforeExit', 'exit'].map((event) => process.listenerCount(event))
    const before = events()
    expect(() => construct({ exporter: 'zipkin' })).toThrow(TracingConfigError)
    expect(() => construct({ selfObsMeterProvider: {} })).toThrow(TracingConfigError)
    expect(events()).toEqual(before)
  })
})

describe('a batch size that nobody weighed against the queue is cut to it,', () => {
  const sizeOf = async (options: BatchSpanProcessorOptions, env: Record<string, string>): Promise<unknown> => {
    const exporter = new AnyExporter((done) => done(SUCCESS))
    const { end, processor } = withEnv(env, () => rig({ exporter, ...options }))
    end(10)
    await processor.forceFlush()
    return exporter.sizes
  }

  test('silently where it is the default', async () => {
    const stderr = listenToStderr()
    expect(await sizeOf({ maxQueueSize: 5 }, {})).toEqual([5, 5])
    expect(await sizeOf({}, { OTEL_BSP_MAX_QUEUE_SIZE: '5' })).toEqual([5, 5])
    expect(stderr).toEqual([])
  })

  test('and logged once where it was asked for, by options or by the environment', async () => {
    const stderr = listenToStderr()
    expect(await sizeOf({ maxExportBatchSize: 7 }, { OTEL_BSP_MAX_QUEUE_SIZE: '5' })).toEqual([5, 5])
    expect(await sizeOf({}, { OTEL_BSP_MAX_QUEUE_SIZE: '5', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '7' })).toEqual([5, 5])
    expect(stderr).toEqual([expect.stringMatching(/MAX_EXPORT_BATCH_SIZE.* is 7, more than .*; 5 is used for both/)])
  })
})

test.each<[string, BatchSpanProcessorOptions]>([
  ['a batch of one', { maxQueueSize: 1, maxExportBatchSize: 1 }],
  ['no delay', { scheduledDelayMillis: 0 }],
  ['the longest times', { scheduledDelayMillis: 2 ** 31 - 1, exportTimeoutMillis: 2 ** 31 - 1 }],
  ['a disabled option of the SDK that only browsers have', { disableAutoFlushOnDocumentHide: true } as object],
  ['options that are there and undefined', { maxQueueSize: undefined, exporter: undefined } as object],
])('%s is allowed', async (_what, options) => {
  const exporter = new AnyExporter((done) => done(SUCCESS))
  const { end, processor } = rig({ exporter, ...options, ...('exporter' in options && { exporter }) })
  end(1)
  await processor.forceFlush()
  expect(processor.ledger()).toMatchObject({ exported: 1 })
})

test('an exporter that happens to have a field kind is an exporter', async () => {
  const exporter = Object.assign(new AnyExporter((done) => done(SUCCESS)), { kind: 'otlp' })
  const { end, processor } = rig({ exporter })
  end(2)
  await processor.forceFlush()
  expect(exporter.sizes).toEqual([2])
})

describe('the environment', () => {
  const ENV = {
    OTEL_BSP_MAX_QUEUE_SIZE: '6',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '3',
    OTEL_BSP_SCHEDULE_DELAY: '700',
    OTEL_BSP_EXPORT_TIMEOUT: '900',
  }

  /** What a processor does with so many spans, as far as its settings show in it. */
  async function behaviourOf(options: BatchSpanProcessorOptions, env: Record<string, string>): Promise<object> {
    vi.useFakeTimers()
    listenToStderr()
    const exporter = new AnyExporter(() => undefined)
    const { end, processor } = withEnv(env, () => rig({ exporter, ...options }))
    const start = performance.now()
    end(1)
    while (exporter.batches.length === 0) await vi.advanceTimersByTimeAsync(50)
    const delayMillis = performance.now() - start
    end(10_000)
    const most = processor.ledger().queued
    while (exporter.batches.length === 1) await vi.advanceTimersByTimeAsync(50)
    const timeoutMillis = performance.now() - start - delayMillis
    const [, size] = exporter.sizes
    return { most, size, delayMillis, timeoutMillis }
  }

  test('is read by the class itself, as the SDK has it', async () => {
    const expected = { most: 6, size: 3, delayMillis: 700, timeoutMillis: 900 }
    expect(await behaviourOf({}, ENV)).toEqual(expected)
  })

  test('gives way to options', async () => {
    const options = { maxQueueSize: 8, maxExportBatchSize: 4, scheduledDelayMillis: 100, exportTimeoutMillis: 200 }
    expect(await behaviourOf(options, ENV)).toEqual({ most: 8, size: 4, delayMillis: 100, timeoutMillis: 200 })
  })

  test('that says nothing leaves the defaults of the SDK', async () => {
    const expected = { most: 2_048, size: 512, delayMillis: 5_000, timeoutMillis: 30_000 }
    expect(await behaviourOf({}, { OTEL_BSP_MAX_QUEUE_SIZE: ' ' })).toEqual(expected)
  })

  test('that asks for a batch larger than the queue gets batches as large as the queue', async () => {
    const env = { OTEL_BSP_MAX_QUEUE_SIZE: '5', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '9' }
    expect(await behaviourOf({}, env)).toEqual({ most: 5, size: 5, delayMillis: 5_000, timeoutMillis: 30_000 })
  })

  test.each([
    ['OTEL_BSP_MAX_QUEUE_SIZE', '0', { most: 2_048 }],
    ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '1.5', { size: 512 }],
    ['OTEL_BSP_SCHEDULE_DELAY', 'soon', { delayMillis: 5_000 }],
    ['OTEL_BSP_EXPORT_TIMEOUT', '-5', { timeoutMillis: 30_000 }],
  ])('that has %s=%s is told so once, and the default is used', async (name, value, expected) => {
    const said = listenToStderr()
    const processors = withEnv({ [name]: value }, () => [1, 2].map(() => new BatchSpanProcessor()))
    onTestFinished(async () => {
      for (const processor of processors) {
        await processor.shutdown()
        assertLedgerAddsUp(processor.ledger())
      }
    })
    expect(said).toEqual([
      expect.stringMatching(`^spanwright: ${name} must be .*, got "${value}"; the default is used$`),
    ])
    expect(await behaviourOf({}, { [name]: value })).toMatchObject(expected)
  })

  test.each([
    ['SPANWRIGHT_OUTAGE_BUFFER_BYTES', '64MiB'],
    ['SPANWRIGHT_SPOOL_MAX_BYTES', '1'],
    ['SPANWRIGHT_EXPORT_THREAD', 'no'],
  ])('that has %s=%s is told so', (name, value) => {
    const said = listenToStderr()
    withEnv({ [name]: value }, () => rig({}))
    expect(said).toEqual([expect.stringMatching(`^spanwright: ${name} must be .*, got "${value}"; `)])
  })
})
