import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { otlpSink } from '../../helpers/otlp-sink.js'
import { REPOSITORY } from '../../helpers/traced-app.js'
import { batchFixture, FLAG, ledgerOf, run } from './processes.js'

// The delivery thread in processes of its own: what they start, and when they end.

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spanwright batch '))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Far above what a process takes on a busy machine. */
const LONG_DELAY = { env: { OTEL_BSP_SCHEDULE_DELAY: '60000' } }
const WATCH = ['--require', batchFixture('watch-workers.cjs')]

describe('a process that has nothing else to do', () => {
  test.concurrent.each(['spans.mjs', 'spans.cjs'])(
    'ends long before the delay of a batch is over (%s)',
    async (app) => {
      await using sink = await otlpSink()
      const result = await run(sink, [...FLAG, batchFixture(app), '100'], LONG_DELAY)
      expect(result).toMatchObject({ exitCode: 0, timedOut: false, stderr: '' })
      expect(result.tookMillis).toBeLessThan(25_000)
      expect(sink.spans()).toHaveLength(100)
    },
  )

  test.concurrent('ends so too when its thread is there, and has sent before', async () => {
    await using sink = await otlpSink()
    const result = await run(sink, [...WATCH, ...FLAG, batchFixture('spans.mjs'), '700', '600'], LONG_DELAY)
    expect(result).toMatchObject({ exitCode: 0, timedOut: false, said: [], threads: 1 })
    expect(result.tookMillis).toBeLessThan(25_000)
    expect(sink.spans()).toHaveLength(700)
  })

  test.concurrent('ends within shutdownTimeoutMillis where the backend hangs', async () => {
    await using sink = await otlpSink()
    sink.respondWith({ kind: 'hang' })
    const result = await run(sink, [batchFixture('flushes.mjs'), '{ "shutdownTimeoutMillis": 400 }'])
    expect(result).toMatchObject({ exitCode: 0, timedOut: false })
    expect(result.tookMillis).toBeLessThan(3_500)
  })

  test.concurrent('starts no thread where there are no spans', async () => {
    await using sink = await otlpSink()
    const result = await run(sink, [...WATCH, ...FLAG, batchFixture('spans.mjs'), '0', '600'])
    expect(result).toMatchObject({ exitCode: 0, stderr: '', threads: 0 })
  })

  test.concurrent('has its thread within about a second after the first span', async () => {
    await using sink = await otlpSink()
    const result = await run(sink, [...WATCH, ...FLAG, batchFixture('spans.mjs'), '1', '1000'])
    expect(result.threads).toBe(1)
    expect(sink.spans()).toHaveLength(1)
  })
})

describe('into the thread comes nothing that the app preloads,', () => {
  test.concurrent.each([
    ['NODE_OPTIONS', 'spans.mjs', '--import'],
    ['NODE_OPTIONS', 'spans.cjs', '--require'],
    ['flags', 'spans.mjs', '--import'],
    ['flags', 'spans.cjs', '--import'],
  ])('by %s (%s, %s)', async (by, app, flag) => {
    await using sink = await otlpSink()
    const log = join(folder, `preloads by ${by} of ${app}`)
    const own = [flag, 'spanwright/register', '--require', batchFixture('preload.cjs')]
    const quoted = own.map((part) => (part.includes(' ') ? `"${part}"` : part)).join(' ')
    const env = { PRELOAD_LOG: log, ...(by === 'NODE_OPTIONS' && { NODE_OPTIONS: quoted }) }
    const args = [...WATCH, ...(by === 'flags' ? own : []), batchFixture(app), '600', '400']
    const result = await run(sink, args, { env })
    expect(result).toMatchObject({ exitCode: 0, said: [], threads: 1 })
    expect(await readFile(log, 'utf8')).toBe('main\n')
    // Nor does it trace its own requests.
    expect(sink.spans().filter(({ name }) => name !== 'work')).toEqual([])
    expect(sink.spans()).toHaveLength(600)
  })
})

describe('in a folder with spaces, unicode and what means something in a URL', () => {
  test.concurrent.each(['spans.mjs', 'spans.cjs'])('the thread is found (%s)', async (app) => {
    const home = join(folder, `wörk 雪 100% #1?a=b ${app}`)
    await mkdir(home)
    await Promise.all([
      cp(join(REPOSITORY, 'dist'), join(home, 'dist'), { recursive: true }),
      cp(join(REPOSITORY, 'package.json'), join(home, 'package.json')),
      symlink(join(REPOSITORY, 'node_modules'), join(home, 'node_modules')),
      cp(batchFixture(app), join(home, app)),
    ])
    await using sink = await otlpSink()
    const result = await run(sink, [...WATCH, ...FLAG, app, '600', '300'], { cwd: home })
    expect(result).toMatchObject({ exitCode: 0, said: [], threads: 1 })
    expect(sink.spans()).toHaveLength(600)
  })
})

describe('without a thread', () => {
  const OFF = { SPANWRIGHT_EXPORT_THREAD: 'off' }

  test.concurrent.each(['grpc', 'http/protobuf', 'http/json'] as const)('spans arrive over %s', async (protocol) => {
    await using sink = await otlpSink()
    const args = [...WATCH, batchFixture('flushes.mjs'), '{}', 'flush']
    const result = await run(sink, args, { env: OFF, protocol })
    expect(result).toMatchObject({ exitCode: 0, said: [], threads: 0 })
    expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
    expect(sink.spans()).toHaveLength(10)
  })

  test.concurrent.each([
    ['off the end', '{}', OFF],
    ['off the end, by option', '{ "batch": { "exportThread": false } }', {}],
  ])('a process that falls %s sends everything first', async (_how, options, env) => {
    await using sink = await otlpSink()
    const result = await run(sink, [...WATCH, batchFixture('flushes.mjs'), options], { env })
    expect(result).toMatchObject({ exitCode: 0, said: [], threads: 0 })
    expect(ledgerOf(result)).toMatchObject({ started: 10, exported: 10 })
    expect(sink.spans()).toHaveLength(10)
  })

  test.concurrent('process.exit loses what is queued, and says so', async () => {
    await using sink = await otlpSink()
    const result = await run(sink, [batchFixture('flushes.mjs'), '{}', 'exit'], { env: OFF })
    expect(result).toMatchObject({ exitCode: 3 })
    expect(sink.spans()).toHaveLength(0)
    expect(result.said).toEqual([expect.stringMatching(/^spanwright: 10 spans lost at exit: /)])
  })
})
