import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TracingLedger } from '../../../src/index.js'
import { assertLedgerAddsUp } from '../../helpers/ledger.js'
import { otlpSink } from '../../helpers/otlp-sink.js'
import { runNode } from '../../helpers/run-node.js'
import { fixture, REPOSITORY } from '../../helpers/traced-app.js'
import { environmentFor, type Protocol } from '../../process-exit/both-runs.js'

const MIB = 1_024 * 1_024
/** What a small container has. The app alone is resident with some 100 MB, with the delivery thread and all that is loaded. */
const LIMIT_BYTES = 256e6
const DEFAULT_BOUND_BYTES = 64 * MIB
const SPAN_BYTES = 3_000
const SECONDS = 6
const MADE = 80_000

interface Run {
  readonly ledger: TracingLedger
  readonly mostResidentBytes: number
  readonly stderr: string
}

/** An app of 15 MB of spans a second, and a burst of 150 MB, whose backend takes none. */
async function runInOutage(how: 'down' | 'hang', protocol: Protocol, env: Record<string, string> = {}): Promise<Run> {
  await using sink = await otlpSink()
  if (how === 'down') await sink.down()
  else sink.respondWith({ kind: 'hang' })
  const { stdout, stderr, exitCode } = await runNode({
    args: ['--max-old-space-size=96', fixture('outages/memory.mjs'), `${SECONDS}`],
    cwd: REPOSITORY,
    env: { ...environmentFor(sink, protocol), ...env },
    timeoutMillis: 60_000,
  })
  expect(exitCode, stderr).toBe(0)
  const run = JSON.parse(stdout) as Omit<Run, 'stderr'>
  assertLedgerAddsUp(run.ledger)
  expect(run.ledger).toMatchObject({ started: MADE, exported: 0 })
  return { ...run, stderr }
}

test.each([
  ['hang', 'grpc'],
  ['down', 'http/protobuf'],
] as const)(
  'a process of 256 MB stays within it, and holds what it may, while its backend is away (%s, %s)',
  { timeout: 90_000 },
  async (how, protocol) => {
    const { ledger, mostResidentBytes, stderr } = await runInOutage(how, protocol)
    expect(mostResidentBytes).toBeLessThan(LIMIT_BYTES)
    const waiting = (ledger.queued + ledger.exporting) * SPAN_BYTES
    // Each span is in memory twice. A quarter is for what is copied for a while, and free after spans were shed.
    expect(2 * waiting).toBeLessThan(DEFAULT_BOUND_BYTES)
    expect(2 * waiting).toBeGreaterThan(DEFAULT_BOUND_BYTES / 2)
    expect(ledger.droppedOutageBuffer).toBeGreaterThan(0)
    expect(stderr).toContain('the outage buffer of 64 MiB is full. Raise SPANWRIGHT_OUTAGE_BUFFER_BYTES')
    expect(stderr).not.toContain('OTEL_BSP_MAX_QUEUE_SIZE')
  },
)

test('what is on disk is in memory no more', { timeout: 90_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spanwright memory '))
  try {
    const bound = 16 * MIB
    const env = { SPANWRIGHT_SPOOL_DIR: folder, SPANWRIGHT_OUTAGE_BUFFER_BYTES: `${bound}` }
    const { ledger, mostResidentBytes } = await runInOutage('down', 'http/protobuf', env)
    expect(ledger.spooled * SPAN_BYTES).toBeGreaterThan(60e6)
    expect(mostResidentBytes).toBeLessThan(LIMIT_BYTES - DEFAULT_BOUND_BYTES + bound)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
