import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { decodeJson } from '../helpers/otlp-sink/decode.js'
import { receivedSpans, type ReceivedSpan } from '../helpers/otlp-sink/received-span.js'
import { startNode, type RunningNode } from '../helpers/run-node.js'
import { programPath } from './programs.js'

/** A folder of its own that is gone afterwards. */
export async function temporaryFolder(name: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), `spanwright ${name} `))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) }
}

/** Starts a collector with a configuration, as an object or as the text of its file. It is ready when this settles. */
export async function startCollector(folder: string, configuration: object | string, env = {}): Promise<RunningNode> {
  const file = join(folder, `collector-${configurations++}.yaml`)
  // JSON is YAML.
  await writeFile(file, typeof configuration === 'string' ? configuration : JSON.stringify(configuration))
  return startNode({
    node: programPath('collector'),
    args: ['--config', `file:${file}`],
    env,
    ready: /Everything is ready/,
    timeoutMillis: 20_000,
  })
}

let configurations = 0

/** Not even its own metrics: they would take a fixed port. */
export const QUIET = { telemetry: { metrics: { level: 'none' } } } as const

/** A receiver for both protocols on ports of this machine, in the order of OTLP's own: gRPC, HTTP. */
export const otlpReceiver = (grpcPort: number, httpPort: number, tls?: object): object => ({
  protocols: {
    grpc: { endpoint: `127.0.0.1:${grpcPort}`, tls },
    http: { endpoint: `127.0.0.1:${httpPort}`, tls },
  },
})

export const fileExporter = (path: string): object => ({ path, append: true, flush_interval: '100ms' })

/** What a collector's file exporter has written so far. The last line may be half of one. */
export function spansInFile(path: string): ReceivedSpan[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.flatMap((line) => spansInJson(line))
}

/** OTLP JSON. @throws where a field is one that OTLP doesn't have */
export function spansInJson(text: string): ReceivedSpan[] {
  const { message, problems } = decodeJson(Buffer.from(text))
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return receivedSpans(message, (problem) => {
    throw new Error(problem)
  })
}

/** Settles with what `find` returns as soon as that many are there. */
export function waitForSpans(
  find: () => readonly ReceivedSpan[] | Promise<readonly ReceivedSpan[]>,
  count: number,
  timeoutMillis = 15_000,
): Promise<readonly ReceivedSpan[]> {
  const enough = async (): Promise<readonly ReceivedSpan[]> => {
    const spans = await find()
    if (spans.length >= count) return spans
    throw new Error(`${spans.length} of ${count} spans have arrived`)
  }
  return vi.waitFor(enough, { timeout: timeoutMillis, interval: 50 })
}
