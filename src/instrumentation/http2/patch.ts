import type { Instrumentation } from '@opentelemetry/instrumentation'
import type { ClientHttp2Session } from 'node:http2'
import { syncBuiltinESMExports } from 'node:module'
import { promisify } from 'node:util'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { mimicFunction, replaceMethod } from '../../internal/runtime/methods.js'
import { requireOwn } from '../../internal/runtime/own-package.js'
import type { Emit, HttpInstrumentationInside, Scheme } from '../http/http-upstream.js'
import { tracedRequest } from './client-sessions.js'
import { tracedEmit } from './server-streams.js'

type Http2 = typeof import('node:http2')

/**
 * Traces HTTP/2, which OpenTelemetry has no instrumentation for, by that of http and its options. Node's diagnostics channels for it
 * announce streams, but by them no handler can be run in a context and no header added to a request; and they begin with
 * 22.17. So three methods are patched: `emit` of servers, `request` of sessions, and `connect`, which knows the server's name.
 */
export function patchHttp2(instrumentation: Instrumentation): void {
  try {
    const http2 = requireOwn('http2') as Http2
    const inside = instrumentation as unknown as HttpInstrumentationInside
    const { disableIncomingRequestInstrumentation, disableOutgoingRequestInstrumentation } = inside.getConfig()
    if (!disableIncomingRequestInstrumentation) {
      // The classes are not exported. These listen to nothing, and are dropped at once.
      patchServers(inside, 'http', http2.createServer())
      patchServers(inside, 'https', http2.createSecureServer())
    }
    if (!disableOutgoingRequestInstrumentation) patchConnect(inside, http2)
    syncBuiltinESMExports()
  } catch (error) {
    warnOnce('patch http2', `http2 is not traced, or not in full: ${messageOf(error)}`)
  }
}

function patchServers(inside: HttpInstrumentationInside, scheme: Scheme, server: object): void {
  const prototype = Object.getPrototypeOf(server) as { emit: Emit }
  replaceMethod(prototype, 'emit', (emit) => tracedEmit(inside, scheme, emit))
}

function patchConnect(inside: HttpInstrumentationInside, http2: Http2): void {
  const servers = new WeakMap<ClientHttp2Session, URL>()
  const patched = new WeakSet<object>()
  const traced = (session: ClientHttp2Session, authority: unknown): ClientHttp2Session => {
    const url = urlOf(authority)
    if (url) servers.set(session, url)
    const prototype = Object.getPrototypeOf(session) as { request: Request }
    if (!patched.has(prototype)) {
      patched.add(prototype)
      replaceMethod(prototype, 'request', (request) => tracedRequest(inside, request, (one) => servers.get(one)))
    }
    return session
  }
  replaceMethod(http2 as { connect: Connect }, 'connect', (connect) =>
    Object.defineProperty((...args: unknown[]) => traced(connect(...args), args[0]), promisify.custom, {
      value: promisedConnect(connect, traced),
    }),
  )
}

type Request = Parameters<typeof tracedRequest>[1]
type Connect = (...args: unknown[]) => ClientHttp2Session

/** What `util.promisify` makes of `connect`: Node.js's own function for it calls the original. */
function promisedConnect(
  connect: Connect,
  traced: (session: ClientHttp2Session, authority: unknown) => ClientHttp2Session,
): (...args: unknown[]) => Promise<ClientHttp2Session> {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-assertion -- connect has one that takes the same arguments
  const promised = promisify(connect) as (...args: unknown[]) => Promise<ClientHttp2Session>
  return mimicFunction((...args) => promised(...args).then((session) => traced(session, args[0])), promised)
}

/** What `connect` takes: a text, a URL, or an object with its parts. */
function urlOf(authority: unknown): URL | undefined {
  if (typeof authority === 'string') return URL.parse(authority) ?? undefined
  if (typeof authority !== 'object' || authority === null) return undefined
  const { protocol = 'https:', hostname, host, port = '' } = authority as Record<string, string | undefined>
  return URL.parse(`${protocol}//${hostname ?? host ?? 'localhost'}${port === '' ? '' : `:${port}`}`) ?? undefined
}
