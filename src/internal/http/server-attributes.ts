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
import { normalizedMethod } from './http-method.js'

/** A request to a server, as the semantic conventions divide it. */
export interface RequestParts {
  readonly method: string
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

/** Semantic conventions for HTTP server spans: what is known when the request arrives, in upstream's order. */
export function serverAttributes(request: RequestParts): Attributes {
  const method = normalizedMethod(request.method)
  const attributes: Attributes = { [ATTR_HTTP_REQUEST_METHOD]: method, [ATTR_URL_SCHEME]: request.scheme }
  if (request.serverAddress !== undefined) attributes[ATTR_SERVER_ADDRESS] = request.serverAddress
  if (request.peerAddress !== undefined) attributes[ATTR_NETWORK_PEER_ADDRESS] = request.peerAddress
  if (request.peerPort !== undefined) attributes[ATTR_NETWORK_PEER_PORT] = request.peerPort
  if (request.protocolVersion !== undefined) attributes[ATTR_NETWORK_PROTOCOL_VERSION] = request.protocolVersion
  if (request.userAgent !== undefined) attributes[ATTR_USER_AGENT_ORIGINAL] = request.userAgent
  attributes[ATTR_URL_PATH] = request.path
  if (request.query !== '') attributes[ATTR_URL_QUERY] = request.query
  if (request.clientAddress !== undefined) attributes[ATTR_CLIENT_ADDRESS] = request.clientAddress
  if (request.serverPort !== undefined) attributes[ATTR_SERVER_PORT] = request.serverPort
  if (method !== request.method) attributes[ATTR_HTTP_REQUEST_METHOD_ORIGINAL] = request.method
  return attributes
}
