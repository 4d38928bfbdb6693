import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { TracingLedger } from '../../../src/index.js'
import { assertLedgerAddsUp } from '../../helpers/ledger.js'
import { otlpSink, type OtlpSink } from '../../helpers/otlp-sink.js'
import { startNode, type RunningNode } from '../../helpers/run-node.js'
import { fixture, REPOSITORY } from '../../helpers/traced-app.js'
import { environmentFor, PROTOCOLS, type Protocol } from '../../process-exit/both-runs.js'

const MIB = 1_024 * 1_024
const SPANS_OF_A_TRACE = 5
const TIMEOUT_MILLIS = 120_000

/** What became of an app's traces that was short of room while its backend was away. */
interface ShortRun {
  readonly ledger: TracingLedger
  readonly grewBytes: number
  readonly traceIds: readonly string[]
  /** By trace id, how many of its spans arrived. */
  readonly arrived: ReadonlyMap<string, number>
  readonly stderr: string
}

interface Traces {
  readonly count: number
  /** Of an attribute of each span. */
  readonly textLength: number
}

/** 200 traces a second; the backend, which is away at first, comes back when told. */
async function runShortOfRoom(
  protocol: Protocol,
  { count, textLength }: Traces,
  comesBack: (app: RunningNode, sink: OtlpSink) => Promise<unknown>,
): Promise<ShortRun> {
  await using sink = await otlpSink()
  await sink.down()
  const app = await startNode({
    args: [fixture('outages/traces.mjs'), `${count}`, `${textLength}`],
    cwd: REPOSITORY,
    env: {
      ...environmentFor(sink, protocol),
      OTEL_BSP_SCHEDULE_DELAY: '500',
      // About 1 MiB of spans: each is in memory twice, and there is room for what comes while spans are shed.
      SPANWRIGHT_OUTAGE_BUFFER_BYTES: `${3 * MIB}`,
    },
    ready: /^begins$/,
  })
  await comesBack(app, sink)
  await sink.up()
  const [line] = await app.waitForLine(/^\{.*\}$/, { timeoutMillis: 60_000 })
  const { stderr } = await app.stop()
  const arrived = new Map<string, number>()
  for (const { traceId } of sink.spans()) arrived.set(traceId, (arrived.get(traceId) ?? 0) + 1)
  return { ...(JSON.parse(line) as Pick<ShortRun, 'ledger' | 'grewBytes' | 'traceIds'>), arrived, stderr }
}

const whenAllIsMade = (app: RunningNode): Promise<unknown> => app.waitForLine(/^made all$/, { timeoutMillis: 60_000 })

function expectWholeTraces({ ledger, traceIds, arrived }: ShortRun): void {
  assertLedgerAddsUp(ledger)
  const parts = [...arrived].filter(([, spans]) => spans !== SPANS_OF_A_TRACE)
  expect(parts).toEqual([])
  const started = traceIds.length * SPANS_OF_A_TRACE
  const exported = arrived.size * SPANS_OF_A_TRACE
  expect(ledger).toMatchObject({ started, exported, droppedOutageBuffer: started - exported })
  // It was short of room, and not of everything.
  expect(arrived.size).toBeGreaterThan(100)
  expect(ledger.droppedOutageBuffer).toBeGreaterThan(1_000)
}

/** Of a trace id without an explicit one: its last 56 bits. */
const randomnessOf = (traceId: string): string => traceId.slice(-14)

describe.concurrent.each(PROTOCOLS)('over %s, an app whose backend is away, and whose buffer is full', (protocol) => {
  test(
    'keeps whole traces, those of the highest randomness, and counts the others',
    { timeout: TIMEOUT_MILLIS },
    async () => {
      const run = await runShortOfRoom(protocol, { count: 2_800, textLength: 300 }, whenAllIsMade)
      expectWholeTraces(run)
      const kept = run.traceIds.filter((traceId) => run.arrived.has(traceId)).map(randomnessOf)
      const shed = run.traceIds.filter((traceId) => !run.arrived.has(traceId)).map(randomnessOf)
      expect(kept.sort().at(0) ?? '').toSatisfy((lowest: string) => lowest > (shed.sort().at(-1) ?? ''))
      const dropped = `: ${run.ledger.droppedOutageBuffer} spans dropped, 0 sent again because`
      expect(run.stderr).toMatch(
        /^spanwright: sending spans to \S+ .*\nspanwright: sending spans to \S+ works again .*\n$/,
      )
      expect(run.stderr).toContain(dropped)
    },
  )

  // Real seconds: the outage is one between two processes, and ends while the app is still making spans.
  test('keeps whole traces also of those that are under way at its end', { timeout: TIMEOUT_MILLIS }, async () => {
    const run = await runShortOfRoom(protocol, { count: 2_800, textLength: 300 }, () => sleep(5_000))
    expectWholeTraces(run)
  })
})

test.concurrent('takes no more memory the longer the backend is away', { timeout: TIMEOUT_MILLIS }, async () => {
  // Makes 200 MB of spans, of which 150 MB after memory is first looked at.
  const run = await runShortOfRoom('grpc', { count: 4_000, textLength: 10_000 }, whenAllIsMade)
  assertLedgerAddsUp(run.ledger)
  const { started, exported } = run.ledger
  expect(exported).toBeLessThan(started / 10)
  expect(run.grewBytes).toBeLessThan(64 * MIB)
})
