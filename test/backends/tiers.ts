import { join } from 'node:path'
import { collectorConfigArguments } from '../../src/cli/collector-config/arguments.js'
import type { ServiceSettings } from '../../src/cli/collector-config/service-settings.js'
import { collectorConfigFile } from '../../src/cli/collector-config/write-config.js'
import { freePort } from '../helpers/free-port.js'
import { startNode, type RunningNode } from '../helpers/run-node.js'
import { fixture, REPOSITORY } from '../helpers/traced-app.js'
import { startCollector, temporaryFolder } from './collector.js'

/** A program that can be ended and started again. */
export interface Restartable {
  start(): Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
}

/** Three services, each sending to one of two agents, which spread the traces over two gateways. */
export interface Tiers extends AsyncDisposable {
  readonly gateways: readonly [Restartable, Restartable]
  /** What each gateway has passed on. */
  readonly files: readonly string[]
  readonly decisionWaitMillis: number
  /** Requests from one number up to another. */
  request(from: number, to: number): Promise<void>
  /** The ids of the traces of those requests. */
  traces(isMeant: (number: number) => boolean): ReadonlySet<string>
}

const DECISION_WAIT_MILLIS = 2_000

const SERVICE: ServiceSettings = {
  name: 'shop',
  endpoint: new URL('http://localhost:4317'),
  isGrpc: true,
  usesClientCertificate: false,
  headerNames: [],
  sampler: 'ParentBased{AlwaysOn}',
  keepsAll: true,
  scheduledDelayMillis: 200,
  sendsMetrics: false,
  sendsLogs: false,
}

/** By the very files that `spanwright collector-config` writes: ports, the wait and the backend are those of this machine. */
function fileOf(args: string, changes: readonly (readonly [string | RegExp, string])[]): string {
  const list = args.split(' ')
  let file = collectorConfigFile(collectorConfigArguments(list), SERVICE, list)
  for (const [from, to] of changes) {
    const changed = file.replace(from, to)
    if (changed === file) throw new Error(`the file has no ${String(from)}:\n${file}`)
    file = changed
  }
  return `${file}  telemetry:\n    metrics:\n      level: none\n`
}

export async function startTiers(): Promise<Tiers> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder('tiers'))
  const files = [0, 1].map((index) => join(folder.path, `gateway-${index}.jsonl`))
  const ports = await Promise.all(Array.from({ length: 12 }, freePort))
  const at = (index: number): string => `127.0.0.1:${ports[index]}`
  /** gRPC, HTTP and the probes of a collector. */
  const listen = (first: number): (readonly [RegExp, string])[] => [
    [/\$\{env:LISTEN_HOST:-0\.0\.0\.0\}:4317/, at(first)],
    [/\$\{env:LISTEN_HOST:-0\.0\.0\.0\}:4318/, at(first + 1)],
    [/\$\{env:LISTEN_HOST:-0\.0\.0\.0\}:13133/, at(first + 2)],
  ]
  const gateway = (index: number): Restartable =>
    restartable(stack, folder.path, () =>
      fileOf('--tier gateway --backend jaeger --policy errors --policy rest=50%', [
        ...listen(3 * index),
        [/decision_wait: \d+s/, `decision_wait: ${DECISION_WAIT_MILLIS}ms`],
        [/ {2}otlp_grpc\/jaeger:\n( {4}.*\n)+/, fileExporterText(files[index] ?? '')],
        ['exporters: [otlp_grpc/jaeger]', 'exporters: [file]'],
      ]),
    )
  const gateways = [gateway(0), gateway(1)] as const
  const agents = [2, 3].map((index) =>
    restartable(stack, folder.path, () => fileOf(`--tier agent --gateways ${at(0)},${at(3)}`, listen(3 * index))),
  )
  await Promise.all([...gateways, ...agents].map((each) => each.start()))

  const service = async (name: string, agent: number, next: string | undefined): Promise<string> => {
    const running = await startNode({
      args: ['--import', 'spanwright/register', fixture('backends/chained.mjs')],
      cwd: REPOSITORY,
      env: {
        OTEL_SERVICE_NAME: name,
        // Without the connections below a request.
        OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,undici',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://${at(3 * agent)}`,
        OTEL_BSP_SCHEDULE_DELAY: String(SERVICE.scheduledDelayMillis),
        ...(next !== undefined && { NEXT_URL: next }),
        ...(name === 'payments' && { ERRORS: 'yes' }),
      },
      ready: /listening on (\d+)/,
      timeoutMillis: 20_000,
    })
    stack.use(running)
    return `http://127.0.0.1:${running.ready[1]}`
  }
  const payments = await service('payments', 2, undefined)
  const orders = await service('orders', 3, payments)
  const shop = await service('shop', 2, orders)
  const ids = new Map<number, string>()
  const started = stack.move()
  return {
    gateways,
    files,
    decisionWaitMillis: DECISION_WAIT_MILLIS,
    async request(from, to) {
      for (let number = from; number < to; number++) {
        ids.set(number, await (await fetch(`${shop}/${number}`)).text())
      }
    },
    traces: (isMeant) => new Set([...ids].filter(([number]) => isMeant(number)).map(([, id]) => id)),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

const fileExporterText = (path: string): string =>
  `  file:\n    path: ${JSON.stringify(path)}\n    append: true\n    flush_interval: 100ms\n`

function restartable(stack: AsyncDisposableStack, folder: string, file: () => string): Restartable {
  let running: RunningNode | undefined
  stack.defer(async () => {
    await running?.stop()
  })
  return {
    async start() {
      running = await startCollector(folder, file())
    },
    async stop() {
      await running?.stop({ timeoutMillis: 20_000 })
    },
    async kill() {
      await running?.stop({ signal: 'SIGKILL' })
    },
  }
}
