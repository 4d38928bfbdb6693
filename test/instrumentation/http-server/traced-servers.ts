import { context, type Context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { HttpInstrumentation, type HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http'
import { once } from 'node:events'
import { createServer, Server, type IncomingMessage, type ServerOptions, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { InstrumentationClass } from '../../../src/instrumentation/instrumentation-class.js'
import { withOutcomes } from '../../../src/instrumentation/http/http-outcomes.js'
import { withFastPath } from '../../../src/instrumentation/http-server/fast-path.js'
import { TracerProvider } from '../../../src/tracer/tracer-provider.js'
import { EndedSpans } from '../../tracer/ended-spans.js'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Upstream's code binds each request to its context; the lean path does not. */
class SeenContexts extends AsyncLocalStorageContextManager {
  readonly #bound = new WeakSet()

  override bind<T>(given: Context, target: T): T {
    if (typeof target === 'object' && target !== null) this.#bound.add(target)
    return super.bind(given, target)
  }

  isBound(target: object): boolean {
    return this.#bound.has(target)
  }
}

const contexts = new SeenContexts()

/** Has contexts followed in this process, with a note of what was bound to one. */
export function followContexts(): void {
  context.setGlobalContextManager(contexts)
}

export function wentToUpstream(request: IncomingMessage): boolean {
  return contexts.isBound(request)
}

export type Create = (config?: HttpInstrumentationConfig) => HttpInstrumentation

/** Upstream's code, with our words for how requests end. Neither patches anything by itself. */
const Upstream = withOutcomes(HttpInstrumentation)

export const upstream: Create = (config = {}) => created(Upstream, config)

const LeanServer = withFastPath(Upstream)

export const lean: Create = (config = {}) => created(LeanServer, config)

function created(Class: InstrumentationClass, config: HttpInstrumentationConfig): HttpInstrumentation {
  const instrumentation: object = new Class({ ...config, enabled: false })
  return instrumentation as HttpInstrumentation
}

type Emit = (this: Server, ...args: unknown[]) => boolean

interface Inside {
  _incomingRequestFunction(scheme: 'http' | 'https', original: Emit): Emit
}

export function tracedEmit(instrumentation: HttpInstrumentation, scheme: 'http' | 'https' = 'http'): Emit {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the server
  const original = Server.prototype.emit as Emit
  return (instrumentation as unknown as Inside)._incomingRequestFunction(scheme, original)
}

export interface TracedServer extends AsyncDisposable {
  readonly server: Server
  readonly port: number
  /** What requests threw: the app would have ended. */
  readonly thrown: unknown[]
  /** Sends bytes, and waits until the server has done with the connection. Returns all that came back. */
  send(raw: string): Promise<string>
}

export interface ServeOptions extends ServerOptions {
  readonly scheme?: 'http' | 'https'
}

/** A real server, traced by the instrumentation without a patch for all. */
export async function serve(
  instrumentation: HttpInstrumentation,
  handler: Handler,
  { scheme, ...options }: ServeOptions = {},
): Promise<TracedServer> {
  const server = createServer({ keepAliveTimeout: 60_000, ...options }, handler)
  const thrown: unknown[] = []
  const emit = tracedEmit(instrumentation, scheme)
  server.emit = function (this: Server, ...args: unknown[]): boolean {
    try {
      return emit.apply(this, args)
    } catch (error) {
      thrown.push(error)
      ;(args[2] as ServerResponse).destroy()
      return true
    }
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    server,
    port,
    thrown,
    send: (raw) => sendTo(server, port, raw),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function sendTo(server: Server, port: number, raw: string): Promise<string> {
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = connect(port, '127.0.0.1')
  let answer = ''
  client.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk))
  client.on('error', () => {})
  client.write(raw, 'latin1')
  const [socket] = await accepted
  await Promise.all([closed(client), closed(socket)])
  await new Promise(setImmediate)
  return answer
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
}

export interface Traced {
  readonly instrumentation: HttpInstrumentation
  readonly spans: EndedSpans
}

/** With a provider of its own. */
export function traced(create: Create, config?: HttpInstrumentationConfig): Traced {
  const spans = new EndedSpans()
  const instrumentation = create(config)
  instrumentation.setTracerProvider(new TracerProvider({ spanProcessors: [spans] }))
  return { instrumentation, spans }
}
