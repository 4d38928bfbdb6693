import type { Attributes } from '@opentelemetry/api'
import type { IncomingMessage } from 'node:http'
import { normalizedMethod } from '../../internal/http/http-method.js'
import { hasLongAddressHeader } from '../../internal/http/address-headers.js'
import { serverAttributes } from '../../internal/http/server-attributes.js'
import type { Scheme } from '../http/http-upstream.js'

/**
 * What URL and URLSearchParams leave as it is, so that they need not be called. URL refuses numbers that are no address, names
 * that claim to be punycode, and ports above 65535.
 */
const PLAIN_NAME = /^(?!.*xn--)(?:[a-z\d_-]+\.)*[a-z_][a-z\d_-]*$/i
const PLAIN_PORT = /^(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3})$/
const PLAIN_PATH = /^\/(?![/.])(?:[\w\-~!$&'()*+,;=:@]|\/(?![.])|\.|%(?!2e))*$/i
const PLAIN_QUERY = /^[\w.*-]+=[\w.*-]*(?:&[\w.*-]+=[\w.*-]*)*$/
const IPV4 = /^(?:[1-9]?\d|1\d\d|2[0-4]\d|25[0-5])(?:\.(?:[1-9]?\d|1\d\d|2[0-4]\d|25[0-5])){3}$/

const DEFAULT_PORTS: ReadonlyMap<string | undefined, number> = new Map([
  ['http', 80],
  ['https', 443],
])

/**
 * The attributes that upstream's instrumentation makes of a request, by its rules. Undefined for a request that needs more than a
 * look: an odd method, a path to be normalised, a query to be encoded, a `forwarded` header, IPv6 in others.
 */
export function requestAttributes(scheme: Scheme, request: IncomingMessage): Attributes | undefined {
  const { headers, method = 'GET', url = '/', socket } = request
  if (hasLongAddressHeader(headers)) return undefined
  const queryAt = url.indexOf('?')
  const path = queryAt === -1 ? url : url.slice(0, queryAt)
  const query = queryAt === -1 ? '' : url.slice(queryAt + 1)
  const server = serverOf(request, scheme)
  const clientAddress = clientAddressOf(request)
  const isOdd =
    server === undefined ||
    clientAddress === undefined ||
    headers.forwarded !== undefined ||
    normalizedMethod(method) !== method ||
    !PLAIN_PATH.test(path) ||
    (query !== '' && !PLAIN_QUERY.test(query))
  if (isOdd) return undefined
  return serverAttributes({
    method,
    scheme,
    path,
    query,
    serverAddress: server.host,
    serverPort: server.port,
    clientAddress: clientAddress === NO_ADDRESS ? undefined : clientAddress,
    peerAddress: socket.remoteAddress,
    peerPort: socket.remotePort,
    protocolVersion: request.httpVersion,
    userAgent: headers['user-agent'],
  })
}

interface ServerAddress {
  readonly host?: string
  readonly port?: number | undefined
}

const UNKNOWN: ServerAddress = {}
const NO_ADDRESS = ''

/** Of the request as the client sent it, where proxies forward that. Undefined where that takes parsing. */
function serverOf({ headers }: IncomingMessage, scheme: Scheme): ServerAddress | undefined {
  const { host } = headers
  if (host && !isPlainHost(host)) return undefined
  const forwardedHost = headers['x-forwarded-host']
  const forwardedScheme = headers['x-forwarded-proto']
  if (forwardedHost === undefined) return host ? addressIn(host, scheme) : UNKNOWN
  if (typeof forwardedHost !== 'string' || Array.isArray(forwardedScheme)) return undefined
  return addressIn(forwardedHost, forwardedScheme)
}

function isPlainHost(host: string): boolean {
  const colon = host.indexOf(':')
  const name = colon === -1 ? host : host.slice(0, colon)
  return (PLAIN_NAME.test(name) || IPV4.test(name)) && (colon === -1 || PLAIN_PORT.test(host.slice(colon + 1)))
}

function addressIn(host: string, scheme: string | undefined): ServerAddress | undefined {
  const colon = host.indexOf(':')
  if (colon === -1) return { host, port: DEFAULT_PORTS.get(scheme) }
  if (host.includes(':', colon + 1)) return undefined
  return { host: host.slice(0, colon), port: Number(host.slice(colon + 1)) }
}

/** The first of `x-forwarded-for`, or the peer's; `NO_ADDRESS` where the connection is closed by now. */
function clientAddressOf({ headers, socket }: IncomingMessage): string | undefined {
  const forwardedFor = headers['x-forwarded-for']
  if (forwardedFor === undefined || forwardedFor === '') return socket.remoteAddress ?? NO_ADDRESS
  if (typeof forwardedFor !== 'string') return undefined
  const [first = ''] = forwardedFor.split(',', 1)
  const address = first.trim()
  return IPV4.test(address) ? address : undefined
}
