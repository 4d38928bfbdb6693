import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { otlpSink, type OtlpSink, type SinkBehaviour } from '../../helpers/otlp-sink.js'
import { REPOSITORY } from '../../helpers/traced-app.js'
import { batchFixture, ledgerOf, run, runAndKillThreads } from './processes.js'

// Threads that die, and places where none can be had: nothing is lost, and one line says what happened.

const WATCH = ['--require', batchFixture('watch-workers.cjs')]
const FLUSHES = [batchFixture('flushes.mjs'), '{}', 'flush']
const HANG: SinkBehaviour = { kind: 'hang' }

/** Each span arrived once, in the 'work' that flushes.mjs makes. */
function expectAllOnce(sink: OtlpSink): void {
  const numbers = sink.spans().map(({ attributes }) => Number(attributes.i))
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, i) => i))
}

const DIED = /^spanwright: the delivery thread died and is started again; /

describe('a thread that dies', () => {
  test.concurrent.each(['grpc', 'http/protobuf', 'http/json'] as const)(
    'is started again, and sends what the first one could not, over %s; it is told once',
    async (protocol) => {
      await using sink = await otlpSink()
      sink.respondWith([HANG])
      const result = await runAndKillThreads(1, sink, FLUSHES, { protocol })
      expect(result).toMatchObject({ exitCode: 0, threads: 2 })
      expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
      expectAllOnce(sink)
      expect(result.said).toEqual([expect.stringMatching(DIED)])
    },
  )

  test.concurrent('twice is started again twice, and told once', async () => {
    await using sink = await otlpSink()
    sink.respondWith([HANG, HANG])
    const result = await runAndKillThreads(2, sink, FLUSHES)
    expect(result).toMatchObject({ exitCode: 0, threads: 3 })
    expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
    expectAllOnce(sink)
    expect(result.said).toEqual([expect.stringMatching(DIED)])
  })

  test.concurrent('three times is not started again: the main thread sends, and it is told', async () => {
    await using sink = await otlpSink()
    sink.respondWith([HANG, HANG, HANG])
    const result = await runAndKillThreads(3, sink, FLUSHES)
    expect(result).toMatchObject({ exitCode: 0, threads: 3 })
    expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
    expectAllOnce(sink)
    const gaveUp = /^spanwright: the delivery thread keeps dying .*main thread/
    expect(result.said).toEqual([DIED, gaveUp].map((line): unknown => expect.stringMatching(line)))
  })

  test.concurrent.each([1, 3])('is no reason for a flush to end before all is sent (%i times)', async (times) => {
    await using sink = await otlpSink()
    sink.respondWith(Array<SinkBehaviour>(times).fill(HANG))
    const result = await runAndKillThreads(times, sink, [batchFixture('flushes.mjs'), '{}', 'flush once'])
    expect(result.stderr).toContain('flushed 10')
    expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
  })

  test.concurrent('is started again when the process is about to end, and still sends', async () => {
    await using sink = await otlpSink()
    sink.respondWith([HANG])
    const options = '{ "batch": { "scheduledDelayMillis": 10 } }'
    const result = await runAndKillThreads(1, sink, [batchFixture('flushes.mjs'), options, 'wait'])
    expect(result).toMatchObject({ exitCode: 0, threads: 2 })
    expectAllOnce(sink)
  })

  test.concurrent('with nothing to send has nothing to lose', async () => {
    await using sink = await otlpSink()
    const options = '{ "batch": { "scheduledDelayMillis": 10 } }'
    const args = [batchFixture('flushes.mjs'), options, 'wait']
    const result = await runAndKillThreads(1, sink, args, { idle: true })
    expect(result).toMatchObject({ exitCode: 0, threads: 2 })
    expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
    expectAllOnce(sink)
  })
})

describe('where no thread can be had, the main thread sends, and one line says so:', () => {
  test.concurrent('the constructor throws', async () => {
    await using sink = await otlpSink()
    const result = await run(sink, ['--require', batchFixture('no-workers.cjs'), ...FLUSHES])
    expect(result.exitCode).toBe(0)
    expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
    expectAllOnce(sink)
    expect(result.said).toEqual([
      expect.stringMatching(/^spanwright: no delivery thread can be started \(no threads here\); .*main thread/),
    ])
  })

  test.concurrent('the constructor throws, and the process ends without a flush', async () => {
    await using sink = await otlpSink()
    const args = ['--require', batchFixture('no-workers.cjs'), batchFixture('flushes.mjs')]
    const result = await run(sink, args)
    expect(result.exitCode).toBe(0)
    expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
    expectAllOnce(sink)
    expect(result.said).toHaveLength(1)
  })

  test.concurrent("Node.js's permission model allows none", async () => {
    await using sink = await otlpSink()
    const result = await run(sink, ['--permission', '--allow-fs-read=*', ...FLUSHES])
    expect(result.exitCode).toBe(0)
    expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
    expectAllOnce(sink)
    expect(result.said).toEqual([expect.stringMatching(/^spanwright: no delivery thread can be started /)])
  })
})

describe('an app that is bundled with us in it', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spanwright bundle '))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  // What CommonJS packages need to be in a bundle that is a module.
  const BANNER = `import { createRequire } from 'node:module'
const { filename: __filename, dirname: __dirname } = import.meta
const require = createRequire(import.meta.url)`

  const bundle = async (name: string, flags: readonly string[]): Promise<string> => {
    const outfile = join(folder, name)
    const args = [batchFixture('flushes.mjs'), '--bundle', '--platform=node', `--outfile=${outfile}`, ...flags]
    await promisify(execFile)(join(REPOSITORY, 'node_modules/.bin/esbuild'), args, { cwd: REPOSITORY })
    return outfile
  }

  test.each([
    ['app.cjs', ['--format=cjs']],
    ['app.mjs', ['--format=esm', `--banner:js=${BANNER}`]],
  ])('sends from the main thread, and says so once (%s)', async (name, flags) => {
    const app = await bundle(name, flags)
    await using sink = await otlpSink()
    const result = await run(sink, [...WATCH, app, '{}', 'flush'], { cwd: folder })
    expect(result).toMatchObject({ exitCode: 0, threads: 0 })
    expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
    expectAllOnce(sink)
    expect(result.said).toEqual([
      expect.stringMatching(/^spanwright: it runs as part of a bundle: spans are sent from the main thread/),
    ])
  })
})
