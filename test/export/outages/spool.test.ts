import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TracingLedger } from '../../../src/index.js'
import { assertLedgerAddsUp } from '../../helpers/ledger.js'
import { otlpSink, type OtlpSink } from '../../helpers/otlp-sink.js'
import { runNode, startNode, type NodeOptions, type RunningNode } from '../../helpers/run-node.js'
import { fixture, REPOSITORY } from '../../helpers/traced-app.js'
import { environmentFor, PROTOCOLS, type Protocol } from '../../process-exit/both-runs.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'outage-spool-'))
})
afterAll(() => rm(root, { recursive: true }))

/** One backend and one folder, and the apps that share them. */
interface Place {
  readonly sink: OtlpSink
  readonly protocol: Protocol
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
}

let places = 0
const newFolder = (): string => join(root, `${(places += 1)}`, 'made when needed')

function optionsFor({ sink, protocol, folder, env: more }: Place, args: readonly string[]): NodeOptions {
  const env = { ...environmentFor(sink, protocol), SPANWRIGHT_SPOOL_DIR: folder, OTEL_BSP_SCHEDULE_DELAY: '0', ...more }
  return { args: [fixture('outages/spool.mjs'), ...args], cwd: REPOSITORY, env }
}

const start = (place: Place, name: string, spans: number): Promise<RunningNode> =>
  startNode({ ...optionsFor(place, [name, `${spans}`]), ready: /^made all$/ })

/** Apps that run together, and end without notice once all have said that the backend is away. */
async function killAfterFailure(place: Place, names: readonly string[], spans: number): Promise<void> {
  const ready = /^spanwright: sending spans to .* fails: /
  const apps = await Promise.all(names.map((name) => startNode({ ...optionsFor(place, [name, `${spans}`]), ready })))
  const ends = await Promise.all(apps.map((app) => app.stop({ signal: 'SIGKILL' })))
  expect(ends.map(({ signal }) => signal)).toEqual(names.map(() => 'SIGKILL'))
}

/** Ends the app; its ledger, and what it has said besides. */
async function end(app: RunningNode): Promise<{ ledger: TracingLedger; stderr: string }> {
  const { exitCode, stdout, stderr } = await app.stop()
  expect(exitCode).toBe(0)
  return { ledger: ledgerIn(stdout), stderr }
}

function ledgerIn(stdout: string): TracingLedger {
  const ledger = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as TracingLedger
  assertLedgerAddsUp(ledger)
  return ledger
}

/** How often spans of each name arrived; each of them once, or it is counted by another name. */
function arrivals({ sink }: Place): Record<string, number> {
  const seen = new Set<string>()
  const counts: Record<string, number> = {}
  for (const { name, spanId } of sink.spans()) {
    const key = seen.has(spanId) ? `${name} again` : name
    counts[key] = (counts[key] ?? 0) + 1
    seen.add(spanId)
  }
  return counts
}

const entriesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.batch'))
    .map((path) => join(folder, path))

describe.each(PROTOCOLS)('over %s', (protocol) => {
  test.concurrent('what an app had tried to send before it was killed is delivered by the next, once', async () => {
    await using sink = await otlpSink()
    const place = { sink, protocol, folder: newFolder() }
    await sink.down()
    await killAfterFailure(place, ['killed'], 1_000)
    expect(entriesIn(place.folder).length).toBeGreaterThan(0)
    await sink.up()
    const next = await start(place, 'next', 10)
    await sink.waitForSpans(1_010, { timeoutMillis: 10_000 })
    const { ledger, stderr } = await end(next)
    expect(arrivals(place)).toEqual({ killed: 1_000, next: 10 })
    expect(ledger).toMatchObject({ started: 10, exported: 10 })
    expect(stderr).toBe('')
    expect(entriesIn(place.folder)).toEqual([])
  })

  test.concurrent(
    'what an app makes that is killed again and again while the backend is away is not lost',
    async () => {
      await using sink = await otlpSink()
      const place = { sink, protocol, folder: newFolder() }
      await sink.down()
      for (const name of ['first', 'second', 'third']) await killAfterFailure(place, [name], 1_000)
      await sink.up()
      const next = await start(place, 'next', 10)
      await sink.waitForSpans(3_010, { timeoutMillis: 10_000 })
      const { ledger } = await end(next)
      expect(arrivals(place)).toEqual({ first: 1_000, second: 1_000, third: 1_000, next: 10 })
      expect(ledger).toMatchObject({ started: 10, exported: 10 })
    },
  )

  test.concurrent(
    'what process.exit leaves while the backend is away is spooled, and delivered by the next',
    async () => {
      await using sink = await otlpSink()
      const place = { sink, protocol, folder: newFolder() }
      await sink.down()
      const { exitCode, stdout, stderr } = await runNode(optionsFor(place, ['left', '1000', 'exit']))
      expect([exitCode, ledgerIn(stdout)]).toMatchObject([0, { started: 1_000, spooled: 1_000 }])
      expect(stderr).toMatch(/^spanwright: sending spans to \S+ fails: .*\n$/)
      await sink.up()
      const next = await start(place, 'next', 10)
      await sink.waitForSpans(1_010, { timeoutMillis: 10_000 })
      const { ledger } = await end(next)
      expect(arrivals(place)).toEqual({ left: 1_000, next: 10 })
      expect(ledger).toMatchObject({ started: 10, exported: 10 })
    },
  )

  test.concurrent('of apps that start at once on one folder, one delivers each span', async () => {
    await using sink = await otlpSink()
    const place = { sink, protocol, folder: newFolder() }
    await sink.down()
    await killAfterFailure(place, ['a', 'b', 'c'], 1_000)
    expect(entriesIn(place.folder).length).toBeGreaterThan(3)
    await sink.up()
    const apps = await Promise.all(['x', 'y'].map((name) => start(place, name, 10)))
    await sink.waitForSpans(3_020, { timeoutMillis: 10_000 })
    const ends = await Promise.all(apps.map(end))
    expect(arrivals(place)).toEqual({ a: 1_000, b: 1_000, c: 1_000, x: 10, y: 10 })
    expect(ends).toMatchObject([{ ledger: { started: 10, exported: 10 } }, { ledger: { started: 10, exported: 10 } }])
    expect(ends.map(({ stderr }) => stderr)).toEqual(['', ''])
  })

  test.concurrent('a damaged entry is told of once and set aside, and the others arrive', async () => {
    await using sink = await otlpSink()
    const place = { sink, protocol, folder: newFolder() }
    await sink.down()
    await killAfterFailure(place, ['killed'], 1_500)
    const [damaged = '', ...whole] = entriesIn(place.folder)
    expect(whole.length).toBeGreaterThan(0)
    const bytes = readFileSync(damaged)
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
    writeFileSync(damaged, bytes)
    const lost = bytes.readUInt32BE(12)
    await sink.up()
    const next = await start(place, 'next', 10)
    await sink.waitForSpans(1_510 - lost, { timeoutMillis: 10_000 })
    const { ledger, stderr } = await end(next)
    expect(arrivals(place)).toEqual({ killed: 1_500 - lost, next: 10 })
    expect(ledger).toMatchObject({ started: 10, exported: 10 })
    expect(stderr).toMatch(/^spanwright: .*\.batch is no entry: its checksum is wrong\..* set aside in .*\n$/)
    expect(readdirSync(join(place.folder, 'set-aside'))).toHaveLength(1)
  })

  test.concurrent.each([
    ['that a file is in the way of', () => fixture('outages/spool.mjs')],
    ['in which nobody may write', () => '/proc/self'],
  ])('a folder %s is told of once, and all arrives as without', async (_what, parent) => {
    await using sink = await otlpSink()
    await sink.down()
    const app = await start({ sink, protocol, folder: join(parent(), 'spool') }, 'kept', 1_000)
    await app.waitForLine(/^spanwright: the spool /)
    await sink.up()
    await sink.waitForSpans(1_000, { timeoutMillis: 20_000 })
    const { ledger, stderr } = await end(app)
    expect(arrivals({ sink, protocol, folder: '' })).toEqual({ kept: 1_000 })
    expect(ledger).toMatchObject({ started: 1_000, exported: 1_000 })
    expect(stderr.match(/the spool/g)).toHaveLength(1)
    expect(stderr).toMatch(/^spanwright: the spool .+ can't be written to, batches stay in memory: /m)
  })
})

test('spans leave in the format and with the headers that they were spooled for, and with no others', async () => {
  await using sink = await otlpSink()
  const folder = newFolder()
  const at = (protocol: string, tenant: string): Place => ({
    sink,
    protocol: 'http/protobuf',
    folder,
    env: { OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_EXPORTER_OTLP_HEADERS: `x-tenant=${tenant},x-key=se%2Dcret` },
  })
  const ofA = at('http/json', 'a')
  await sink.down()
  await killAfterFailure(ofA, ['of a'], 20)
  await sink.up()
  for (const [place, name] of [
    [at('http/protobuf', 'a'), 'other format'] as const,
    [at('http/json', 'b'), 'of b'] as const,
  ]) {
    const app = await start(place, name, 1)
    await expect.poll(() => arrivals(place)[name], { timeout: 10_000 }).toBe(1)
    const { stderr } = await end(app)
    expect(stderr).toMatch(
      /^spanwright: \d+ unsent batch\w* stays? in the spool .*\(traces as http\/json to http:.*\n$/,
    )
    expect(stderr).not.toContain('cret')
  }
  expect(arrivals(ofA)).toEqual({ 'other format': 1, 'of b': 1 })
  const next = await start(ofA, 'next', 1)
  await sink.waitForSpans(23, { timeoutMillis: 10_000 })
  const { stderr } = await end(next)
  expect([stderr, arrivals(ofA)]).toEqual(['', { 'other format': 1, 'of b': 1, 'of a': 20, next: 1 }])
  const tenants = sink.requests.flatMap(({ headers, spans }) =>
    spans.map(({ name }) => [name, headers['x-tenant']].join()),
  )
  expect(new Set(tenants)).toEqual(new Set(['other format,a', 'of b,b', 'of a,a', 'next,a']))
  expect(entriesIn(folder)).toEqual([])
})

test('spooled spans that the backend refuses at the next start are counted in the log', async () => {
  await using sink = await otlpSink()
  const place: Place = { sink, protocol: 'http/protobuf', folder: newFolder() }
  await sink.down()
  await killAfterFailure(place, ['killed'], 20)
  await sink.up()
  sink.respondWith({ kind: 'status', http: 400 })
  const next = await start(place, 'next', 1)
  await next.waitForLine(/^spanwright: sending spans .*21 dropped\): HTTP 400/)
  await end(next)
  expect(entriesIn(place.folder)).toEqual([])
})
