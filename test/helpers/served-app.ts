import { connect } from 'node:net'
import { vi } from 'vitest'
import { otlpSink, type OtlpSink, type ReceivedSpan } from './otlp-sink.js'
import { startNode, type NodeResult } from './run-node.js'

/** Who asks: every server span should be a child of this one. */
export const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' } as const

export const FLAG: readonly string[] = ['--import', 'spanwright/register']

export interface ServedAppOptions {
  /** Of node, after the flag. */
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Without the flag: as the app runs elsewhere, or where NODE_OPTIONS has it. */
  readonly withoutFlag?: boolean
  /** The app listens once a line matches; its first group is the port. */
  readonly ready?: RegExp
  /** Where it listens, if it does not say so. */
  readonly port?: number
  /** Paths to ask for, one after the other, with a method before it if it is not GET: `POST /items`. */
  readonly requests: readonly string[]
  readonly sink?: OtlpSink
}

export interface ServedRun extends NodeResult {
  /** `200 the body`, one for each request. */
  readonly answers: readonly string[]
  readonly spans: readonly ReceivedSpan[]
}

/** Starts a server, asks it, and ends it by SIGTERM. */
export async function serveAndAsk(options: ServedAppOptions): Promise<ServedRun> {
  const { args, requests, port, sink = await otlpSink(), env, withoutFlag = false, ready = LISTENING, cwd } = options
  try {
    await using server = await startNode({
      args: [...(withoutFlag ? [] : FLAG), ...args],
      cwd,
      ready,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.httpUrl, OTEL_SERVICE_NAME: 'app', ...env },
    })
    if (port !== undefined) await vi.waitFor(() => listening(port), 5_000)
    const answers: string[] = []
    for (const request of requests) answers.push(await ask(port ?? Number(server.ready[1]), request))
    return { ...(await server.stop()), answers, spans: sink.spans() }
  } finally {
    if (!options.sink) await sink.close()
  }
}

const LISTENING = /listening on (\d+)/

async function listening(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.destroy()
}

async function ask(port: number, request: string): Promise<string> {
  const [path = '', method = 'GET'] = request.split(' ').reverse()
  const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-01`
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { traceparent, connection: 'close' },
  })
  return `${response.status} ${(await response.text()).trim()}`
}

/** `GET /items/:id (/items/:id)`: name and `http.route` of the server spans below the caller, in the order of arrival. */
export function servedRoutes(spans: readonly ReceivedSpan[]): string[] {
  return spans
    .filter(({ kind, traceId, parentSpanId }) => {
      return kind === 'SERVER' && traceId === CALLER.traceId && parentSpanId === CALLER.spanId
    })
    .toSorted((a, b) => (a.startUnixNano < b.startUnixNano ? -1 : 1))
    .map(({ name, attributes }) => `${name} (${(attributes['http.route'] as string | undefined) ?? 'no route'})`)
}
