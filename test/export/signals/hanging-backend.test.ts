import { readdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { otlpSink, type OtlpSink } from '../../helpers/otlp-sink.js'
import { runNode } from '../../helpers/run-node.js'
import { fixture, REPOSITORY } from '../../helpers/traced-app.js'

// The three signals leave side by side: none waits for another's answer, and all have the same deadline.

interface End {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stderr: string
  /** From its line `leaving` to its end, measured by its parent. */
  readonly tookMillis: number
}

const SHUTDOWN_TIMEOUT_MILLIS = 1_000

async function leave(way: string, sink: OtlpSink, env: Record<string, string> = {}): Promise<End> {
  const options = JSON.stringify({ shutdownTimeoutMillis: SHUTDOWN_TIMEOUT_MILLIS })
  const { stdout } = await runNode({
    args: [fixture('leaving/timed.mjs'), fixture('signals/says-when.mjs'), way, options],
    cwd: REPOSITORY,
    env: {
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl,
      ...env,
    },
  })
  return JSON.parse(stdout) as End
}

async function hangingSink(): Promise<OtlpSink> {
  const sink = await otlpSink()
  sink.respondWith({ kind: 'hang' })
  sink.hangOthers()
  return sink
}

function expectToEndInTime({ tookMillis }: End): void {
  expect(tookMillis).toBeGreaterThan(SHUTDOWN_TIMEOUT_MILLIS - 200)
  // Busy machines are slow to start threads and processes.
  expect(tookMillis).toBeLessThan(SHUTDOWN_TIMEOUT_MILLIS + 900)
}

const WAYS = [
  ['end', { exitCode: 0, signal: null }],
  ['exit 3', { exitCode: 3, signal: null }],
  ['SIGTERM', { exitCode: null, signal: 'SIGTERM' }],
] as const

const OTHERS = [
  ['logs', 'log records'],
  ['metrics', 'metric data points'],
] as const

/** Signals of which batches are in the spool. */
async function spooledSignals(spool: string): Promise<Set<string>> {
  const files = await readdir(spool, { recursive: true })
  const batches = files.filter((file) => file.endsWith('.batch'))
  return new Set(batches.map((file) => /^(?:logs|metrics)(?=[\\/])/.exec(file)?.[0] ?? 'traces'))
}

test.each(WAYS)(
  'where the backend of all three signals hangs, %s takes shutdownTimeoutMillis once, and spans are spooled first',
  async (way, end) => {
    const spool = await mkdtemp(join(tmpdir(), 'spanwright signals '))
    onTestFinished(() => rm(spool, { recursive: true }))
    await using sink = await hangingSink()
    const result = await leave(way, sink, { SPANWRIGHT_SPOOL_DIR: spool })
    expect(result).toMatchObject(end)
    expectToEndInTime(result)
    const spooled = await spooledSignals(spool)
    expect(spooled).toContain('traces')
    expect(result.stderr).not.toContain('spans lost')
    // A busy machine's disk may be too slow for the others; then they are logged.
    for (const [signal, items] of OTHERS)
      expect([signal, spooled.has(signal)]).toEqual([signal, !result.stderr.includes(`${items} lost at exit`)])
  },
)

test.each(WAYS)(
  'where it hangs and there is no spool, %s has sent all, and logs what was lost of each signal',
  async (way, end) => {
    await using sink = await hangingSink()
    const result = await leave(way, sink)
    expect(result).toMatchObject(end)
    expectToEndInTime(result)
    expect(sink.requests).not.toEqual([])
    expect(new Set(sink.otherRequests.map(({ path }) => path))).toEqual(new Set(['/v1/logs', '/v1/metrics']))
    const lost = result.stderr.split('\n').filter((line) => line.startsWith('spanwright: '))
    expect(lost.toSorted()).toEqual([
      expect.stringMatching(/^spanwright: 100 log records lost at exit: /),
      expect.stringMatching(/^spanwright: 100 spans lost at exit: /),
      expect.stringMatching(/^spanwright: \d+ metric data points lost at exit: /),
    ])
  },
)

test('where only logs and metrics hang, spans arrive, and an exit hook of an older copy of the package is called', async () => {
  await using sink = await otlpSink()
  sink.hangOthers()
  const result = await leave('exit 3', sink)
  expectToEndInTime(result)
  expect(sink.spans()).toHaveLength(100)
  expect(result.stderr).not.toContain('spans lost')
  expect(result.stderr).toContain('an older hook has true time')
  expect(result.stderr).toContain('spanwright: 100 log records lost at exit: ')
})
