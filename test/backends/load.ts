import { expect } from 'vitest'
import type { TracingLedger } from '../../src/export/pipeline/ledger.js'
import { assertLedgerAddsUp } from '../helpers/ledger.js'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { startNode, type RunningNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'

/** Starts a service that makes traces of two spans; so many that it is still at it when this settles. */
export const startLoad = (env: Readonly<Record<string, string>>): Promise<RunningNode> =>
  startNode({
    args: ['--import', 'spanwright/register', fixture('backends/load.mjs')],
    cwd: REPOSITORY,
    env: { OTEL_BSP_SCHEDULE_DELAY: '200', ...env },
    ready: /^sending$/,
    timeoutMillis: 20_000,
  })

/** Lets it flush and end. What it says of where its spans went. */
export async function endLoad(load: RunningNode): Promise<TracingLedger> {
  await load.waitForLine(/^made all$/, { timeoutMillis: 60_000 })
  const { stdout, stderr } = await load.stop({ signal: 'SIGUSR2', timeoutMillis: 40_000 })
  const line = /^ledger (.*)$/m.exec(stdout)?.[1]
  if (line === undefined) throw new Error(`the service has not said where its spans went: ${stdout}\n${stderr}`)
  const ledger = JSON.parse(line) as TracingLedger
  assertLedgerAddsUp(ledger)
  return ledger
}

/** Of each trace both spans, each of them once. Otherwise says how many are missing, and how many came twice. */
export function expectWholeAndOnce(spans: readonly ReceivedSpan[], traces: number): void {
  expect(countsOf(spans)).toEqual({ traces, spans: 2 * traces, twice: 0, orphans: 0 })
}

interface Counts {
  readonly traces: number
  /** Each counted once. */
  readonly spans: number
  readonly twice: number
  /** Spans whose parent is not there. */
  readonly orphans: number
}

export function countsOf(spans: readonly ReceivedSpan[]): Counts {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  return {
    traces: new Set(spans.map(({ traceId }) => traceId)).size,
    spans: ids.size,
    twice: spans.length - ids.size,
    orphans: spans.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId)).length,
  }
}
