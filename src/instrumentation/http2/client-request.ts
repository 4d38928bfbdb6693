import type { Attributes } from '@opentelemetry/api'
import {
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions'
import { isObject } from '../../internal/http/error-type.js'
import { normalizedMethod } from '../../internal/http/http-method.js'
import { redactedUrl } from '../../internal/http/redacted-url.js'
import { readableHeaders, withHeaders } from '../http-client/header-arrays.js'

export type RequestHeaders = Readonly<Record<string, unknown>> | readonly unknown[] | undefined

/** A request to be sent, in the words of `http.request`, as hooks know them. */
export interface ClientRequest {
  readonly method: string
  readonly protocol: string
  readonly host: string
  readonly hostname: string
  readonly port: number
  readonly path: string
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>
}

/** Undefined where the headers name no server, or are none: refusing them is Node's business. */
export function clientRequest(given: RequestHeaders, session: URL | undefined): ClientRequest | undefined {
  if (given !== undefined && !isObject(given)) return undefined
  const headers = readableHeaders(Array.isArray(given) ? given : Object.entries(given ?? {}))
  const text = (name: string): string | undefined =>
    typeof headers[name] === 'string' && headers[name] !== '' ? headers[name] : undefined
  const scheme = text(':scheme') ?? session?.protocol.replace(/:$/, '') ?? 'https'
  const authority = text(':authority') ?? text('host') ?? session?.host
  const path = text(':path') ?? '/'
  const url = authority === undefined ? null : URL.parse(`${scheme}://${authority}`)
  if (!url) return undefined
  return {
    method: text(':method') ?? 'GET',
    protocol: url.protocol,
    host: url.hostname,
    hostname: url.hostname,
    port: url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port),
    path,
    headers,
  }
}

/** Semantic conventions for HTTP client spans. */
export function requestAttributes(request: ClientRequest): Attributes {
  const { protocol, hostname, port, path, headers } = request
  const method = normalizedMethod(request.method)
  const url = URL.parse(`${protocol}//${hostname}:${port}${path}`)
  const userAgent = headers['user-agent']
  return {
    [ATTR_HTTP_REQUEST_METHOD]: method,
    ...(method !== request.method && { [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: request.method }),
    [ATTR_SERVER_ADDRESS]: hostname.replace(/^\[(.*)\]$/, '$1'),
    [ATTR_SERVER_PORT]: port,
    ...(url && { [ATTR_URL_FULL]: redactedUrl(url) }),
    [ATTR_NETWORK_PROTOCOL_VERSION]: '2',
    ...(typeof userAgent === 'string' && { [ATTR_USER_AGENT_ORIGINAL]: userAgent }),
  }
}

/** The headers in the shape that the app has given them, with ours in the place of any of the same name. */
export function withTraceHeaders(given: RequestHeaders, added: Readonly<Record<string, string>>): RequestHeaders {
  if (Array.isArray(given)) return withHeaders(given, added)
  // A copy, with what is marked as sensitive by a symbol.
  const headers = Object.assign({}, given) as Record<string, unknown>
  for (const name of Object.keys(headers)) {
    if (Object.hasOwn(added, name.toLowerCase())) Reflect.deleteProperty(headers, name)
  }
  return Object.assign(headers, added)
}
