import type { TracingLedger } from '../../../src/export/pipeline/ledger.js'
import { assertLedgerAddsUp } from '../../helpers/ledger.js'
import type { OtlpProtocol, OtlpSink } from '../../helpers/otlp-sink.js'
import { runNode, startNode, type NodeResult } from '../../helpers/run-node.js'
import { fixture, REPOSITORY } from '../../helpers/traced-app.js'
import { environmentFor } from './rig.js'

export const FLAG: readonly string[] = ['--import', 'spanwright/register']
export const batchFixture = (name: string): string => fixture(`batch/${name}`)

/** A process that has ended, with what concerns us of its stderr. */
export interface Ended extends NodeResult {
  /** Our lines. */
  readonly said: readonly string[]
  /** Threads that were started, with watch-workers.cjs preloaded. */
  readonly threads: number
}

export async function run(
  sink: OtlpSink,
  args: readonly string[],
  more: {
    env?: Record<string, string>
    cwd?: string
    protocol?: OtlpProtocol
    timeoutMillis?: number
    node?: string
  } = {},
): Promise<Ended> {
  const { env, cwd = REPOSITORY, protocol = 'http/protobuf', timeoutMillis = 15_000, node } = more
  const all = { ...environmentFor(sink, protocol), ...env }
  return endedOf(await runNode({ args, cwd, timeoutMillis, env: all, ...(node !== undefined && { node }) }))
}

/**
 * The same with watch-workers.cjs preloaded. Its thread is ended as often as `times` says, each time when the sink has one
 * more request, or, with `idle`, when the process says that nothing is left to do. It must tell of its ledger at its end.
 */
export async function runAndKillThreads(
  times: number,
  sink: OtlpSink,
  args: readonly string[],
  { protocol = 'http/protobuf', idle = false }: { protocol?: OtlpProtocol; idle?: boolean } = {},
): Promise<Ended> {
  const env = environmentFor(sink, protocol)
  const nodeArgs = ['--require', batchFixture('watch-workers.cjs'), ...args]
  const node = await startNode({ args: nodeArgs, cwd: REPOSITORY, env, ready: /^worker after/ })
  for (let i = 1; i <= times; i += 1) {
    await (idle ? node.waitForLine(/^idle/) : sink.waitForRequests(i))
    process.kill(node.pid, 'SIGUSR2')
  }
  await node.waitForLine(/^\{/, { timeoutMillis: 15_000 })
  // A signal that does nothing: the process ends by itself.
  return endedOf(await node.stop({ signal: 'SIGCONT' }))
}

function endedOf(result: NodeResult): Ended {
  const lines = result.stderr.split('\n')
  const said = lines.filter((line) => /^(spanwright|opentelemetry)/.test(line))
  return { ...result, said, threads: lines.filter((line) => line.startsWith('worker after')).length }
}

/** The ledger that flushes.mjs tells of as it exits. */
export function ledgerOf({ stdout, stderr }: Pick<NodeResult, 'stdout' | 'stderr'>): TracingLedger {
  if (stdout === '') throw new Error(`nothing was told: ${stderr}`)
  const ledger = JSON.parse(stdout) as TracingLedger
  assertLedgerAddsUp(ledger)
  return ledger
}
