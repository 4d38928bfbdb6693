import type { Instrumentation } from '@opentelemetry/instrumentation'
import type { ClientHttp2Session } from 'node:http2'
import { syncBuiltinESMExports } from 'node:module'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
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
  replace(prototype, 'emit', tracedEmit(inside, scheme, prototype.emit))
}

function patchConnect(inside: HttpInstrumentationInside, http2: Http2): void {
  const servers = new WeakMap<ClientHttp2Session, URL>()
  const patched = new WeakSet<object>()
  const connect = http2.connect as (...args: unknown[]) => ClientHttp2Session
  const traced = (...args: unknown[]): ClientHttp2Session => {
    const session = connect(...args)
    const url = urlOf(args[0])
    if (url) servers.set(session, url)
    const prototype = Object.getPrototypeOf(session) as ClientHttp2Session
    if (!patched.has(prototype)) {
      patched.add(prototype)
      // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the session
      const request = tracedRequest(inside, prototype.request as never, (one) => servers.get(one))
      replace(prototype, 'request', request)
    }
    return session
  }
  replace(http2, 'connect', traced)
}

/** What `connect` takes: a text, a URL, or an object with its parts. */
function urlOf(authority: unknown): URL | undefined {
  if (typeof authority === 'string') return URL.parse(authority) ?? undefined
  if (typeof authority !== 'object' || authority === null) return undefined
  const { protocol = 'https:', hostname, host, port = '' } = authority as Record<string, string | undefined>
  return URL.parse(`${protocol}//${hostname ?? host ?? 'localhost'}${port === '' ? '' : `:${port}`}`) ?? undefined
}

function replace<T extends object>(target: T, name: string & keyof T, value: object): void {
  Object.defineProperty(value, 'name', { value: name })
  Object.defineProperty(target, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: Object.prototype.propertyIsEnumerable.call(target, name),
  })
}
