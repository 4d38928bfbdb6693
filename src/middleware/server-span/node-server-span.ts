import { context, type Context } from '@opentelemetry/api'
import { safely } from '../../internal/diagnostics/diagnostics.js'
import { parseUrl } from '../../internal/http/parse-url.js'
import { activeHttpMetadata, isOfRequest } from '../../internal/http/served-request.js'
import { writeHeadersOf, type WritableResponse } from '../../propagation/node-response-headers.js'
import { isIgnored, type MiddlewareOptions } from '../options.js'
import { requestOfHeaders, type IncomingRequest, type RequestHeaders } from './incoming-request.js'
import { openServerSpan, type ServerSpan } from './server-span.js'

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

interface NodeSocket {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  /** Node.js writes there which server has accepted the connection. */
  readonly server?: unknown
}

/** What we use of Node's `ServerResponse`, of HTTP/1 and HTTP/2. */
export interface NodeResponse extends WritableResponse {
  readonly statusCode: number
  prependListener(event: 'finish' | 'close', listener: () => void): unknown
  removeListener(event: 'finish' | 'close', listener: () => void): unknown
}

/** What is known only when the response is there. */
interface AtTheEnd {
  readonly route?: () => string | undefined
  /** An error that no hook has been called with. */
  readonly error?: () => unknown
}

/**
 * The span of a request to Node's server: opened now, ended with the response. Undefined for a request that is ignored, and
 * where the span can't be opened; then the request goes on without. What listens to request and response later on does so in
 * the span's context: parsers of bodies call back from the socket's events, which are outside of it.
 *
 * @param asked what `ignore` is asked with: the framework's own request
 */
export function openNodeServerSpan<Asked>(
  [request, response]: readonly [NodeRequest, NodeResponse],
  options: MiddlewareOptions<Asked>,
  asked: Asked,
  atTheEnd: AtTheEnd = {},
): ServerSpan | undefined {
  // A response that was made up by hand has no such method.
  if (isIgnored(options, asked) || typeof (response as Partial<NodeResponse>).prependListener !== 'function')
    return undefined
  return safely('a request is not traced', () => {
    const headerNames = options.traceResponseHeaders
    const server = openServerSpan(() => incomingRequest(request), { headerNames, request })
    if (server.isOurs) {
      context.bind(server.context, request)
      context.bind(server.context, response)
    }
    if (server.hasResponseHeaders) writeHeadersOf(response, (headers) => server.writeResponseHeaders(headers))
    onResponseEnd(response, (statusCode) => finish(server, atTheEnd, statusCode))
    return server
  })
}

function finish(server: ServerSpan, { route, error }: AtTheEnd, statusCode: number | undefined): void {
  safely('the route of a request could not be read', () => {
    server.setRoute(route?.())
    const found = error?.()
    if (found !== undefined) server.noteError(found)
  })
  server.end(statusCode)
}

/**
 * The context for a request that has been dispatched in this process while another one is handled: that of a span of its own,
 * below the other's, which ends with the response. Undefined for all other requests: theirs is the active one.
 */
export function contextOfRequest(request: NodeRequest, response: NodeResponse): Context | undefined {
  const metadata = activeHttpMetadata()
  if (metadata === undefined || isOfRequest(metadata, request) || hasComeIn(request)) return undefined
  return openNodeServerSpan([request, response], {}, request)?.context
}

/** Client address, host and scheme are those that proxies forward, as OpenTelemetry's http instrumentation takes them. */
export function incomingRequest(request: NodeRequest): IncomingRequest {
  const { headers, socket } = request
  const isEncrypted = (socket as { readonly encrypted?: boolean } | null | undefined)?.encrypted === true
  return {
    method: request.method ?? 'GET',
    target: pathAndQuery(request.originalUrl ?? request.url ?? '/'),
    isInProcess: !hasComeIn(request),
    ...requestOfHeaders(headers, { scheme: isEncrypted ? 'https' : 'http', clientAddress: socket?.remoteAddress }),
    ...connectionOf(request),
  }
}

export function connectionOf({
  socket,
  httpVersion,
}: Partial<NodeRequest>): Pick<IncomingRequest, 'peerAddress' | 'peerPort' | 'protocolVersion'> {
  return {
    peerAddress: socket?.remoteAddress,
    peerPort: socket?.remotePort,
    protocolVersion: httpVersion === '2.0' ? '2' : httpVersion,
  }
}

/** By a connection of a server. Fastify's `inject` and other ways to call an app as a function make sockets up. */
function hasComeIn({ socket, stream }: NodeRequest): boolean {
  return stream !== undefined || (socket?.server ?? null) !== null
}

/** A request to a proxy names the whole URL: `GET http://example.org/path HTTP/1.1`. */
function pathAndQuery(target: string): string {
  if (target.startsWith('/')) return target
  const url = parseUrl(target)
  return url === null || url.host === '' ? target : url.pathname + url.search
}

/**
 * Calls back once, with the status, when the response has been handed to the operating system; without one, when the client
 * has closed the connection before. Before other listeners, so that instrumentations find what we have set when they end.
 */
export function onResponseEnd(response: NodeResponse, listener: (statusCode: number | undefined) => void): void {
  const settle = (statusCode: number | undefined): void => {
    response.removeListener('finish', finish)
    response.removeListener('close', close)
    listener(statusCode)
  }
  const finish = (): void => settle(wasReset(response) ? undefined : response.statusCode)
  const close = (): void => settle(undefined)
  response.prependListener('finish', finish)
  response.prependListener('close', close)
}

/** Responses of HTTP/2 "finish" in any case when their stream closes. */
function wasReset(response: NodeResponse): boolean {
  return (response as { readonly stream?: { readonly aborted?: boolean } }).stream?.aborted === true
}
