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

/** A request to a server, as the semantic conventions divide it. */
export interface RequestParts {
  /** One of the known ones, or `_OTHER`. */
  readonly method: string
  /** Where it is another one than that. */
  readonly originalMethod?: string | undefined
  readonly scheme: string
  readonly path: string
  /** Without its `?`, secrets redacted; empty: none. */
  readonly query: string
  readonly serverAddress?: string | undefined
  readonly serverPort?: number | undefined
  readonly clientAddress?: string | undefined
  readonly peerAddress?: string | undefined
  readonly peerPort?: number | undefined
  /** `1.1`, `2`, `3`. */
  readonly protocolVersion?: string | undefined
  readonly userAgent?: string | undefined
}

/**
 * Semantic conventions for HTTP server spans: what is known when the request arrives, in upstream's order. Tracers leave out what is
 * undefined; one literal is faster than a test for each.
 */
export function serverAttributes(request: RequestParts): Attributes {
  const attributes: Attributes = {
    [ATTR_HTTP_REQUEST_METHOD]: request.method,
    [ATTR_URL_SCHEME]: request.scheme,
    [ATTR_SERVER_ADDRESS]: request.serverAddress,
    [ATTR_NETWORK_PEER_ADDRESS]: request.peerAddress,
    [ATTR_NETWORK_PEER_PORT]: request.peerPort,
    [ATTR_NETWORK_PROTOCOL_VERSION]: request.protocolVersion,
    [ATTR_USER_AGENT_ORIGINAL]: request.userAgent,
    [ATTR_URL_PATH]: request.path,
  }
  if (request.query !== '') attributes[ATTR_URL_QUERY] = request.query
  if (request.clientAddress !== undefined) attributes[ATTR_CLIENT_ADDRESS] = request.clientAddress
  if (request.serverPort !== undefined) attributes[ATTR_SERVER_PORT] = request.serverPort
  if (request.originalMethod !== undefined) attributes[ATTR_HTTP_REQUEST_METHOD_ORIGINAL] = request.originalMethod
  return attributes
}
