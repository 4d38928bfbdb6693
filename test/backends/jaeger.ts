import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../helpers/free-port.js'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { startNode } from '../helpers/run-node.js'
import { otlpReceiver, QUIET, spansInJson, temporaryFolder } from './collector.js'
import { programPath } from './programs.js'

export interface RunningJaeger extends AsyncDisposable {
  /** For OTLP. */
  readonly grpcUrl: string
  readonly httpUrl: string
  /** For the sampler `jaeger_remote`. */
  readonly samplingUrl: string
  /** Replaces the strategies file, which is read again each second. */
  setStrategies(strategies: object): Promise<void>
  /** The spans of a trace, by the API that its own page asks. */
  trace(traceId: string): Promise<readonly ReceivedSpan[]>
  /** The ids of the traces that a search finds: `service`, `operation`, `tags` and so on. */
  search(query: Readonly<Record<string, string>>): Promise<readonly string[]>
}

export interface JaegerOptions {
  /** What `jaeger_storage.backends` takes. */
  readonly storage?: (folder: string) => object
  /** Contents of a strategies file. */
  readonly strategies?: object
}

const MEMORY = (): object => ({ memory: { max_traces: 10_000 } })

export async function startJaeger({ storage = MEMORY, strategies = {} }: JaegerOptions = {}): Promise<RunningJaeger> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder('jaeger'))
  const ports = await Promise.all(Array.from({ length: 7 }, freePort))
  const at = (index: number): string => `127.0.0.1:${ports[index]}`
  const strategiesFile = join(folder.path, 'strategies.json')
  await writeFile(strategiesFile, JSON.stringify(strategies))
  const configuration = {
    service: {
      ...QUIET,
      extensions: ['jaeger_storage', 'jaeger_query', 'remote_sampling', 'healthcheckv2'],
      pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
    },
    extensions: {
      healthcheckv2: { use_v2: true, http: { endpoint: at(0) } },
      jaeger_query: { storage: { traces: 'main' }, http: { endpoint: at(1) }, grpc: { endpoint: at(2) } },
      jaeger_storage: { backends: { main: storage(folder.path) } },
      remote_sampling: {
        file: { path: strategiesFile, default_sampling_probability: 1, reload_interval: '1s' },
        http: { endpoint: at(3) },
        grpc: { endpoint: at(4) },
      },
    },
    receivers: { otlp: otlpReceiver(ports[5] ?? 0, ports[6] ?? 0) },
    exporters: { jaeger_storage_exporter: { trace_storage: 'main' } },
  }
  const file = join(folder.path, 'jaeger.yaml')
  await writeFile(file, JSON.stringify(configuration))
  stack.use(
    await startNode({
      node: programPath('jaeger'),
      args: ['--config', `file:${file}`],
      ready: /Everything is ready/,
      timeoutMillis: 20_000,
    }),
  )
  const api = `http://${at(1)}/api`
  const started = stack.move()
  return {
    grpcUrl: `http://${at(5)}`,
    httpUrl: `http://${at(6)}`,
    samplingUrl: `http://${at(3)}`,
    setStrategies: (changed) => writeFile(strategiesFile, JSON.stringify(changed)),
    async trace(traceId) {
      const answer = await fetch(`${api}/v3/traces/${traceId}`)
      if (answer.status === 404) return []
      const { result } = (await answer.json()) as { result: unknown }
      return spansInJson(JSON.stringify(result))
    },
    async search(query) {
      const answer = await fetch(`${api}/traces?${new URLSearchParams(query).toString()}`)
      const { data } = (await answer.json()) as { data: { traceID: string }[] | null }
      return (data ?? []).map(({ traceID }) => traceID)
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}
