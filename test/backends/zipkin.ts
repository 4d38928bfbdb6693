import { freePort } from '../helpers/free-port.js'
import { startNode } from '../helpers/run-node.js'
import { programPath } from './programs.js'

/** Zipkin's own form, as its API gives it. */
export interface ZipkinSpan {
  readonly traceId: string
  readonly id: string
  readonly parentId?: string
  readonly name: string
  readonly kind?: string
  /** In microseconds since 1970. */
  readonly timestamp: number
  /** In microseconds. */
  readonly duration: number
  readonly localEndpoint: { readonly serviceName: string }
  readonly annotations?: readonly { readonly timestamp: number; readonly value: string }[]
  readonly tags?: Readonly<Record<string, string>>
}

export interface RunningZipkin extends AsyncDisposable {
  readonly url: string
  trace(traceId: string): Promise<readonly ZipkinSpan[]>
  /** The ids of the traces that a search finds: `serviceName`, `annotationQuery`, `minDuration` and so on. */
  search(query: Readonly<Record<string, string>>): Promise<readonly string[]>
}

/** In memory. */
export async function startZipkin(): Promise<RunningZipkin> {
  const port = await freePort()
  const zipkin = await startNode({
    node: 'java',
    args: [
      '-Xmx400m',
      '-jar',
      programPath('zipkin'),
      '--zipkin.storage.type=mem',
      `--server.port=${port}`,
      // Without these three it listens on all interfaces.
      '--armeria.ports[0].ip=127.0.0.1',
      `--armeria.ports[0].port=${port}`,
      '--armeria.ports[0].protocols[0]=http',
    ],
    ready: /Serving HTTP/,
    timeoutMillis: 110_000,
  })
  const api = `http://127.0.0.1:${port}/api/v2`
  return {
    url: `${api}/spans`,
    async trace(traceId) {
      const answer = await fetch(`${api}/trace/${traceId}`)
      return answer.status === 404 ? [] : ((await answer.json()) as ZipkinSpan[])
    },
    async search(query) {
      const answer = await fetch(`${api}/traces?${new URLSearchParams(query).toString()}`)
      return ((await answer.json()) as ZipkinSpan[][]).map(([span]) => span?.traceId ?? '')
    },
    [Symbol.asyncDispose]: () => zipkin[Symbol.asyncDispose](),
  }
}
