import { expect } from 'vitest'
import { otlpSink, type OtlpSink, type ReceivedSpan } from '../helpers/otlp-sink.js'
import { runNode, type NodeResult, type RunNodeOptions } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'

export const PROTOCOLS = ['grpc', 'http/protobuf'] as const
export type Protocol = (typeof PROTOCOLS)[number]

export interface Leaver {
  /** In test/fixtures/leaving. */
  readonly app: string
  readonly args?: readonly string[]
  /** What stands before the flag. */
  readonly nodeArgs?: readonly string[]
  /** The flag in NODE_OPTIONS, for worker threads too. */
  readonly flagForAll?: boolean
  readonly signalAfter?: RunNodeOptions['signalAfter']
}

/** How a process ended, and what it said, for those who watch it from outside. */
export type Outcome = Pick<NodeResult, 'exitCode' | 'signal' | 'stdout' | 'stderr' | 'timedOut'>

const FLAG = ['--import', 'spanwright/register']
/** What any `--import` changes is Node's own: a CommonJS app is loaded in another way, and has other frames in its stacks. */
const EMPTY_FLAG = ['--import', 'data:text/javascript,']
const plainRuns = new Map<string, Promise<Outcome>>()

export function environmentFor(sink: OtlpSink, protocol: Protocol): Record<string, string> {
  const OTEL_EXPORTER_OTLP_ENDPOINT = protocol === 'grpc' ? sink.grpcUrl : sink.httpUrl
  return { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: protocol }
}

/**
 * Runs the app with the flag and without. With it, everything must be the same to those who watch from outside, and of the
 * spans with each name so many arrive, each once.
 */
export async function expectAllToArrive(
  protocol: Protocol,
  leaver: Leaver,
  spans: Readonly<Record<string, number>>,
): Promise<Outcome> {
  await using sink = await otlpSink()
  const [plain, traced] = await Promise.all([runPlain(leaver), runTraced(leaver, sink, protocol)])
  const arrived = { spans: countsByName(sink.spans()), faults: sink.faults }
  expect({ ...traced, ...arrived }).toEqual({ ...plain, spans, faults: [] })
  return plain
}

/** The same for both protocols, so it is run once. */
function runPlain(leaver: Leaver): Promise<Outcome> {
  const key = JSON.stringify([leaver, leaver.signalAfter?.pattern.source])
  const run = plainRuns.get(key) ?? runOnce(leaver, leaver.flagForAll === true ? [] : EMPTY_FLAG, {})
  plainRuns.set(key, run)
  return run
}

function runTraced(leaver: Leaver, sink: OtlpSink, protocol: Protocol): Promise<Outcome> {
  const env = environmentFor(sink, protocol)
  return leaver.flagForAll === true
    ? runOnce(leaver, [], { ...env, NODE_OPTIONS: FLAG.join(' ') })
    : runOnce(leaver, FLAG, env)
}

async function runOnce(
  { app, args = [], nodeArgs = [], signalAfter }: Leaver,
  flag: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const { exitCode, signal, stdout, stderr, timedOut } = await runNode({
    args: [...nodeArgs, ...flag, fixture(`leaving/${app}`), ...args],
    cwd: REPOSITORY,
    env,
    ...(signalAfter && { signalAfter }),
  })
  return { exitCode, signal, stdout, stderr, timedOut }
}

/** Spans that arrived, a span that arrived again not counted as one of its name. */
export function countsByName(spans: readonly ReceivedSpan[]): Record<string, number> {
  const counts: Record<string, number> = {}
  const seen = new Set<string>()
  for (const { name, scope, spanId } of spans) {
    if (scope.name !== 'leaving') continue
    const key = seen.has(spanId) ? 'arrived again' : name
    counts[key] = (counts[key] ?? 0) + 1
    seen.add(spanId)
  }
  return counts
}
