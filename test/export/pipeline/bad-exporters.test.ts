import { diag, DiagLogLevel } from '@opentelemetry/api'
import { ExportResultCode } from '@opentelemetry/core'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { AnyExporter, FAILED, listenToStderr, rig, SUCCESS, type Done } from './rig.js'

beforeEach(() => void vi.useFakeTimers())

const pass = (millis: number): Promise<unknown> => vi.advanceTimersByTimeAsync(millis)

/** What would end the process of the host. */
function listenForUnhandled(): unknown[] {
  const unhandled: unknown[] = []
  const listener = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', listener)
  onTestFinished(() => void process.off('unhandledRejection', listener))
  return unhandled
}

/** Long enough for Node.js to tell of a rejection that nobody handles. */
const oneTurn = (): Promise<void> => new Promise((resolve) => realSetImmediate(resolve))
const realSetImmediate = setImmediate

const throwing = (): never => {
  throw new Error('broken exporter')
}
const throwingAString = (): never => {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- Exporters are anybody's.
  throw 'broken'
}

describe.each<[string, (done: Done) => unknown]>([
  ['throws', throwing],
  ['throws a string', throwingAString],
  ['says that it failed', (done) => done(FAILED)],
  ['says so without an error', (done) => done({ code: ExportResultCode.FAILED })],
  ['calls back with nothing', (done) => done(undefined as never)],
  ['rejects', () => Promise.reject(new Error('broken exporter'))],
])('an exporter that %s', (_what, answer) => {
  test('costs its batch, which is counted and told, and disturbs nobody', async () => {
    const said = listenToStderr()
    const unhandled = listenForUnhandled()
    // The SDK's type says void; an async method returns a promise all the same.
    const exporter = { export: (_spans, done) => answer(done), shutdown: () => Promise.resolve() } as SpanExporter
    const { end, processor } = rig({ exporter, maxExportBatchSize: 2, exportTimeoutMillis: 1_000 })
    end(5)
    const flushed = processor.forceFlush()
    await pass(5_000)
    await flushed
    await oneTurn()
    expect(processor.ledger()).toMatchObject({ started: 5, droppedExportFailed: 5 })
    expect(said.join()).toMatch(/5 spans dropped/)
    expect(unhandled).toEqual([])
  })
})

test('a batch that is not answered in the export timeout has failed, and the next one goes out', async () => {
  const said = listenToStderr()
  let answers = 0
  const exporter = new AnyExporter((done) => (answers++ > 0 ? done(SUCCESS) : undefined))
  const { end, processor } = rig({ exporter, maxExportBatchSize: 2, exportTimeoutMillis: 3_000 })
  end(4)
  await pass(2_999)
  expect(processor.ledger()).toMatchObject({ exporting: 2, queued: 2, droppedExportFailed: 0 })
  await pass(1)
  expect(processor.ledger()).toMatchObject({ exporting: 0, exported: 2, droppedExportFailed: 2 })
  await pass(1_000)
  expect(said).toEqual([expect.stringMatching(/^spanwright: 2 spans dropped: .*no answer in 3000 ms/)])
})

test('an answer that comes after its time, or again, or at once, changes nothing', async () => {
  listenToStderr()
  const answers: Done[] = []
  const exporter = new AnyExporter((done, [first]) => {
    if (first?.name === 'late') answers.push(done)
    else for (const result of [SUCCESS, FAILED, SUCCESS]) done(result)
  })
  const { end, processor } = rig({ exporter, exportTimeoutMillis: 100, scheduledDelayMillis: 10 })
  end(1, 'late')
  await pass(200)
  end(2, 'thrice')
  await pass(200)
  for (const answer of answers) answer(SUCCESS)
  await pass(200)
  expect(processor.ledger()).toMatchObject({ started: 3, exported: 2, droppedExportFailed: 1 })
})

test('an exporter that throws after it has answered has taken its spans', async () => {
  const exporter = new AnyExporter((done) => {
    done(SUCCESS)
    throwing()
  })
  const { end, processor } = rig({ exporter })
  end(2)
  const flushed = processor.forceFlush()
  await pass(10)
  await flushed
  expect(processor.ledger()).toMatchObject({ exported: 2, droppedExportFailed: 0 })
})

test('spans that an exporter ends while it exports wait for the next batch', async () => {
  const exporter = new AnyExporter((done, [first]) => {
    if (first?.name === 'work') end(1, 'inner')
    done(SUCCESS)
  })
  const { end, processor } = rig({ exporter, maxExportBatchSize: 2, scheduledDelayMillis: 50 })
  end(2)
  await pass(100)
  expect(exporter.batches).toEqual([['work', 'work'], ['inner']])
  expect(processor.ledger()).toMatchObject({ exported: 3 })
})

describe.each<[string, () => Promise<void>]>([
  ['throw', throwing],
  ['reject', () => Promise.reject(new Error('broken exporter'))],
  ['never settle', () => new Promise(() => undefined)],
])('an exporter whose forceFlush and shutdown %s', (what, broken) => {
  test('keeps neither a flush nor a shutdown from ending well', async () => {
    listenToStderr()
    const exporter = new AnyExporter((done) => done(SUCCESS))
    exporter.forceFlush = broken
    exporter.shutdown = broken
    const { end, processor } = rig({ exporter, exportTimeoutMillis: 500, shutdownTimeoutMillis: 500 })
    end(2)
    const flushed = processor.forceFlush()
    await pass(600)
    await expect(flushed).resolves.toMatchObject({ exported: 2, timedOut: what === 'never settle' })
    end(1)
    const stopped = processor.shutdown()
    await pass(600)
    await expect(stopped).resolves.toMatchObject({ exported: 1, timedOut: what === 'never settle' })
    expect(processor.ledger()).toMatchObject({ exported: 3 })
  })
})

test('a failure goes to the diagnostic logger of the app where it has one', async () => {
  const said = listenToStderr()
  const heard: string[] = []
  const hear = (message: string): void => void heard.push(message)
  diag.setLogger({ error: hear, warn: hear, info: hear, debug: hear, verbose: hear }, DiagLogLevel.WARN)
  onTestFinished(() => diag.disable())
  const { end } = rig({ exporter: new AnyExporter((done) => done(FAILED)), maxExportBatchSize: 1 })
  end(1)
  await pass(1_000)
  expect(heard).toEqual([expect.stringMatching(/^spanwright: 1 span dropped: the exporter AnyExporter.*no luck/)])
  expect(said).toEqual([])
})
