import { parseUrl } from '../../internal/http/parse-url.js'
import { forwardedOf, textOf, type RequestHeaders } from './forwarded.js'
import type { IncomingRequest } from './incoming-request.js'

/** What we read of Node's `IncomingMessage`, of HTTP/1 and HTTP/2, and of what frameworks add to it. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Express and Connect change `url` in mounted apps, and keep it here. */
  readonly originalUrl?: string | undefined
  readonly headers: RequestHeaders
  readonly httpVersion?: string | undefined
  readonly socket?: NodeSocket | null | undefined
  /** That of HTTP/2. */
  readonly stream?: unknown
}

export interface NodeSocket {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  /** Node.js writes there which server has accepted the connection. */
  readonly server?: unknown
}

/** Client address, host and scheme are those that proxies tell, as OpenTelemetry's http instrumentation takes them. */
export function incomingRequest(request: NodeRequest): IncomingRequest {
  const { headers, socket } = request
  const forwarded = forwardedOf(headers)
  const isEncrypted = (socket as { readonly encrypted?: boolean } | null | undefined)?.encrypted === true
  return {
    method: request.method ?? 'GET',
    scheme: forwarded.scheme ?? (isEncrypted ? 'https' : 'http'),
    target: pathAndQuery(request.originalUrl ?? request.url ?? '/'),
    host: forwarded.host ?? textOf(headers[':authority']) ?? textOf(headers.host),
    clientAddress: forwarded.clientAddress ?? socket?.remoteAddress,
    peerAddress: socket?.remoteAddress,
    peerPort: socket?.remotePort,
    protocolVersion: request.httpVersion === '2.0' ? '2' : request.httpVersion,
    userAgent: textOf(headers['user-agent']),
    carrier: headers,
    isInProcess: !hasComeIn(request),
  }
}

/** By a connection of a server. Fastify's `inject` and other ways to call an app as a function make sockets up. */
export function hasComeIn({ socket, stream }: NodeRequest): boolean {
  return stream !== undefined || (socket?.server ?? null) !== null
}

/** A request to a proxy names the whole URL: `GET http://example.org/path HTTP/1.1`. */
function pathAndQuery(target: string): string {
  if (target.startsWith('/')) return target
  const url = parseUrl(target)
  return url === null || url.host === '' ? target : url.pathname + url.search
}
