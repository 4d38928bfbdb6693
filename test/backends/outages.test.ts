import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { freePort } from '../helpers/free-port.js'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import type { RunningNode } from '../helpers/run-node.js'
import {
  fileExporter,
  otlpReceiver,
  QUIET,
  spansInFile,
  startCollector,
  temporaryFolder,
  waitForSpans,
} from './collector.js'
import { countsOf, endLoad, expectWholeAndOnce, startLoad } from './load.js'
import { has, needs } from './programs.js'

const TRACES = 3_000

describe.skipIf(!has('collector'))(`while spans are sent the collector ${needs('collector')}`, () => {
  describe.each(['grpc', 'http/protobuf'])('over %s', (protocol) => {
    test('is stopped and started again: none is lost, none comes twice, and the ledger says so', async () => {
      const { ledger, spans } = await outage(protocol, async (collector, restart) => {
        await collector.stop({ timeoutMillis: 10_000 })
        await delay(500)
        await restart()
      })
      expect(ledger).toMatchObject({ started: 2 * TRACES, exported: 2 * TRACES })
      expectWholeAndOnce(spans, TRACES)
    }, 120_000)

    test('is killed: what it had acknowledged and not yet written is its own to lose, the ledger is true of the rest', async () => {
      const { ledger, spans } = await outage(protocol, async (collector, restart) => {
        await collector.stop({ signal: 'SIGKILL' })
        await delay(500)
        await restart()
      })
      expect(ledger).toMatchObject({ started: 2 * TRACES, exported: 2 * TRACES })
      const counts = countsOf(spans)
      // The file is written every 100 ms, and the load makes 2,000 spans a second at most.
      expect(counts.spans).toBeGreaterThanOrEqual(2 * TRACES - 1_000)
      // What was written though its acknowledgement was lost.
      expect(counts.twice).toBeLessThanOrEqual(1_000)
    }, 120_000)

    test('refuses for want of memory, and takes again: none is lost, none comes twice', async () => {
      const { ledger, spans, refused } = await outage(protocol, async (collector, restart) => {
        await collector.stop({ timeoutMillis: 10_000 })
        // A limit of 1 MiB, which no collector keeps.
        const refusing = await restart({ limitMib: 1 })
        await delay(700)
        await refusing.stop({ timeoutMillis: 10_000 })
        await restart()
      })
      expect(refused).toMatch(/memory usage|memory limiter|Memory/i)
      expect(ledger).toMatchObject({ started: 2 * TRACES, exported: 2 * TRACES })
      expectWholeAndOnce(spans, TRACES)
    }, 120_000)
  })
})

interface Outage {
  readonly ledger: Awaited<ReturnType<typeof endLoad>>
  readonly spans: readonly ReceivedSpan[]
  /** What the collectors have said. */
  readonly refused: string
}

type Restart = (options?: { limitMib?: number }) => Promise<RunningNode>

/** A load, and what happens to its collector meanwhile. */
async function outage(
  protocol: string,
  happens: (collector: RunningNode, restart: Restart) => Promise<void>,
): Promise<Outage> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder('outage'))
  const file = join(folder.path, 'spans.jsonl')
  const [grpc, http] = await Promise.all([freePort(), freePort()])
  const started: RunningNode[] = []
  const start: Restart = async ({ limitMib = 2_000 } = {}) => {
    const collector = await startCollector(folder.path, {
      receivers: { otlp: otlpReceiver(grpc, http) },
      processors: { memory_limiter: { check_interval: '100ms', limit_mib: limitMib, spike_limit_mib: 0 } },
      exporters: { file: fileExporter(file) },
      service: {
        ...QUIET,
        pipelines: { traces: { receivers: ['otlp'], processors: ['memory_limiter'], exporters: ['file'] } },
      },
    })
    started.push(stack.use(collector))
    return collector
  }
  const collector = await start()
  const load = stack.use(
    await startLoad({
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${protocol === 'grpc' ? grpc : http}`,
      TRACES: String(TRACES),
    }),
  )
  await waitForSpans(() => spansInFile(file), 100)
  await happens(collector, start)
  const ledger = await endLoad(load)
  // The last ones are written 100 ms after they have come.
  await waitForSpans(() => spansInFile(file), 2 * TRACES, 3_000).catch(() => undefined)
  const refused = started.map((each) => each.stderr()).join('')
  return { ledger, spans: spansInFile(file), refused }
}
