import type { Attributes } from '@opentelemetry/api'
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
  ATTR_URL_QUERY,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions'
import { normalizedMethod } from '../../internal/http/http-method.js'
import { redactedQuery } from '../../internal/http/redacted-query.js'

/** What every framework knows of a request. */
export interface IncomingRequest {
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** Path and query, as they were asked for. */
  readonly target: string
  /** What the client asked for, `Host` or `:authority`, with or without a port. */
  readonly host?: string | undefined
  /** Who has sent it, behind proxies. */
  readonly clientAddress?: string | undefined
  readonly peerAddress?: string | undefined
  readonly peerPort?: number | undefined
  /** `1.1`, `2`, `3`. */
  readonly protocolVersion?: string | undefined
  readonly userAgent?: string | undefined
  /** The headers, in any shape that `extractTraceContext` reads. */
  readonly carrier: unknown
  /** Whether it was dispatched in this process, by no server: then it is part of what it was dispatched in. Default: no. */
  readonly isInProcess?: boolean | undefined
}

/** Semantic conventions for HTTP server spans. */
export function requestAttributes(request: IncomingRequest): Attributes {
  const method = normalizedMethod(request.method)
  const queryAt = request.target.indexOf('?')
  const query = queryAt === -1 ? '' : redactedQuery(request.target.slice(queryAt))
  const { hostname, port } = hostAndPort(request.host)
  return {
    [ATTR_HTTP_REQUEST_METHOD]: method,
    ...(method !== request.method && { [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: request.method }),
    [ATTR_URL_SCHEME]: request.scheme,
    [ATTR_URL_PATH]: queryAt === -1 ? request.target : request.target.slice(0, queryAt),
    ...(query.length > 1 && { [ATTR_URL_QUERY]: query.slice(1) }),
    ...(hostname !== undefined && { [ATTR_SERVER_ADDRESS]: hostname }),
    ...(port !== undefined && { [ATTR_SERVER_PORT]: port }),
    ...(request.clientAddress !== undefined && { [ATTR_CLIENT_ADDRESS]: request.clientAddress }),
    ...(request.peerAddress !== undefined && { [ATTR_NETWORK_PEER_ADDRESS]: request.peerAddress }),
    ...(request.peerPort !== undefined && { [ATTR_NETWORK_PEER_PORT]: request.peerPort }),
    ...(request.protocolVersion !== undefined && { [ATTR_NETWORK_PROTOCOL_VERSION]: request.protocolVersion }),
    ...(request.userAgent !== undefined && { [ATTR_USER_AGENT_ORIGINAL]: request.userAgent }),
  }
}

/** `example.org`, `example.org:8080`, `[::1]:8080`. The header is the client's: what it can't be is left out. */
function hostAndPort(host: string | undefined): { hostname?: string; port?: number } {
  const parts = /^(\[[0-9a-f:.]+\]|[^\s:/?#@]+)(?::(\d{1,5}))?$/i.exec(host ?? '')
  if (!parts?.[1]) return {}
  const hostname = parts[1].replace(/^\[(.*)\]$/, '$1')
  const port = Number(parts[2] ?? NaN)
  return port <= 65_535 ? { hostname, port } : { hostname }
}
