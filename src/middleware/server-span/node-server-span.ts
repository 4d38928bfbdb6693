import { context } from '@opentelemetry/api'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { incomingRequest, type NodeRequest } from './node-request.js'
import { writeHeadersOf } from '../../propagation/node-response-headers.js'
import { onResponseEnd, type NodeResponse } from './node-response.js'
import type { MiddlewareOptions } from '../options.js'
import { openServerSpan, type ServerSpan } from './server-span.js'

/** What is known only when the response is there. */
export interface AtTheEnd {
  readonly route?: () => string | undefined
  /** An error of which no hook has told. */
  readonly error?: () => unknown
}

/**
 * The span of a request to Node's server: opened now, ended with the response. Undefined when it can't be opened; then the
 * request goes on without. What listens to request and response later on does so in the span's context: parsers of bodies
 * call back from the socket's events, which know nothing of it.
 */
export function openNodeServerSpan(
  request: NodeRequest,
  response: NodeResponse,
  options: Pick<MiddlewareOptions<never>, 'traceResponseHeaders'>,
  atTheEnd: AtTheEnd = {},
): ServerSpan | undefined {
  // One that somebody has made up, by hand.
  if (typeof (response as Partial<NodeResponse>).prependListener !== 'function') return undefined
  try {
    const headerNames = options.traceResponseHeaders
    const server = openServerSpan(() => incomingRequest(request), { headerNames, request })
    if (server.isOurs) {
      context.bind(server.context, request)
      context.bind(server.context, response)
    }
    if (server.hasResponseHeaders) writeHeadersOf(response, (headers) => server.writeResponseHeaders(headers))
    onResponseEnd(response, (statusCode) => finish(server, atTheEnd, statusCode))
    return server
  } catch (error) {
    warnOnce('node-server-span', `a request is not traced: ${messageOf(error)}`)
    return undefined
  }
}

function finish(server: ServerSpan, { route, error }: AtTheEnd, statusCode: number | undefined): void {
  try {
    server.setRoute(route?.())
    const found = error?.()
    if (found !== undefined) server.noteError(found)
  } catch (problem) {
    warnOnce('node-server-span-end', `the route of a request could not be read: ${messageOf(problem)}`)
  }
  server.end(statusCode)
}
