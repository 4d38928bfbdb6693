import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TracingLedger } from '../../../src/index.js'
import { monotonicClock } from '../../../src/internal/runtime/clock.js'
import type { Certificates } from '../../helpers/certificates.js'
import { otlpSink, type ReceivedRequest, type ReceivedSpan, type SinkBehaviour } from '../../helpers/otlp-sink.js'
import { startNode, type NodeResult } from '../../helpers/run-node.js'
import { fixture, REPOSITORY } from '../../helpers/traced-app.js'
import { environmentFor, type Protocol } from '../../process-exit/both-runs.js'
import { SECRET_HEADERS, type Kind } from './kinds.js'

const OUTAGE_MILLIS = 30_000
/** The app wants 75 s from its first span on. */
const LONGEST_MILLIS = 90_000

/** What became of the spans of an app whose backend was out for a while. */
export interface OutageRun extends Pick<NodeResult, 'exitCode' | 'signal'> {
  readonly ledger: TracingLedger
  readonly grewBytes: number
  readonly endpoint: string
  /** Lines on stderr, but for the one that the app itself is to blame for. */
  readonly said: readonly string[]
  /** When the first of them came, in the sink's time. */
  readonly toldAtMillis: number
  readonly beganAtMillis: number
  readonly endedAtMillis: number
  readonly requests: readonly ReceivedRequest[]
  /** Those whose sender could not know that they had arrived. */
  readonly unacknowledged: ReadonlySet<ReceivedRequest>
  readonly spans: readonly ReceivedSpan[]
  readonly faults: readonly string[]
}

const LOSE_THE_ACKNOWLEDGEMENT: readonly SinkBehaviour['kind'][] = ['reset', 'hang', 'half-open', 'drip']

/** Two CAs: one that the app trusts, and one that a server has by mistake. */
export interface Authorities {
  readonly right: Certificates
  readonly wrong: Certificates
}

/** Runs an app for 40 s whose backend is bad for the first 30 s, and until all of its spans are somewhere. */
export async function runOutage(kind: Kind, protocol: Protocol, authorities: Authorities): Promise<OutageRun> {
  const folder = await mkdtemp(join(tmpdir(), 'outage-'))
  await using sink = await otlpSink(kind.isTls ? { tls: authorities.wrong } : {})
  const stage = { sink, folder, certificates: authorities.right }
  const unacknowledged = new Set<ReceivedRequest>()
  await kind.begin?.(stage)
  sink.respondWith((request) => {
    const behaviour = kind.answer?.(request) ?? { kind: 'ok' }
    if (LOSE_THE_ACKNOWLEDGEMENT.includes(behaviour.kind)) unacknowledged.add(request)
    return behaviour
  })
  const { OTEL_EXPORTER_OTLP_ENDPOINT: address = '', ...protocolEnv } = environmentFor(sink, protocol)
  const endpoint = address.replace('127.0.0.1', kind.host ?? '127.0.0.1')
  const app = await startNode({
    args: [...(kind.nodeArgs ?? []), '--import', 'spanwright/register', fixture('outages/steady.mjs')],
    cwd: REPOSITORY,
    env: {
      ...protocolEnv,
      ...SECRET_HEADERS,
      ...kind.env?.(stage),
      OTEL_BSP_SCHEDULE_DELAY: '1000',
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    },
    ready: /^begins$/,
    timeoutMillis: 60_000,
  })
  const beganAtMillis = monotonicClock.nowMillis()
  const outage = sleep(OUTAGE_MILLIS)
  await app.waitForLine(/^spanwright: /, { timeoutMillis: OUTAGE_MILLIS })
  const toldAtMillis = monotonicClock.nowMillis()
  await outage
  await kind.end?.(stage)
  sink.respondWith({ kind: 'ok' })
  const endedAtMillis = monotonicClock.nowMillis()
  const [line] = await app.waitForLine(/^\{.*\}$/, { timeoutMillis: LONGEST_MILLIS })
  const { exitCode, signal, stderr } = await app.stop()
  await rm(folder, { recursive: true })
  const { ledger, grewBytes } = JSON.parse(line) as Pick<OutageRun, 'ledger' | 'grewBytes'>
  return {
    ledger,
    grewBytes,
    exitCode,
    signal,
    endpoint: protocol === 'grpc' ? endpoint : `${endpoint}/v1/traces`,
    said: stderr
      .split('\n')
      .filter((text) => text !== '' && !text.startsWith('spanwright: tracing is running already')),
    toldAtMillis,
    beganAtMillis,
    endedAtMillis,
    requests: [...sink.requests],
    unacknowledged,
    spans: sink.spans(),
    faults: sink.faults.map(({ reason }) => reason),
  }
}
