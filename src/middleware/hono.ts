import { context } from '@opentelemetry/api'
import { messageOf, warnOnce } from '../internal/diagnostics.js'
import { parseUrl } from '../internal/parse-url.js'
import { forwardedOf, textOf, type RequestHeaders } from './forwarded.js'
import { honoRoute, type HonoRequestRoutes } from './hono-route.js'
import type { IncomingRequest } from './incoming-request.js'
import type { NodeRequest } from './node-request.js'
import { onResponseEnd, type NodeResponse } from './node-response.js'
import { checkMiddlewareOptions, isIgnored, type MiddlewareOptions } from './options.js'
import { openServerSpan, type ServerSpan } from './server-span.js'

/** The part of Hono's context that is used here. */
export interface HonoContextLike {
  readonly req: HonoRequestRoutes & { readonly raw: Request }
  readonly res: Response
  readonly error: Error | undefined
  /** On Node's server: `incoming` and `outgoing`. */
  readonly env: unknown
  header(name: string, value: string): void
}

export type HonoMiddleware = (c: HonoContextLike, next: () => Promise<void>) => Promise<void>

/**
 * Middleware for Hono 4: a SERVER span for each request, in the trace and with the baggage that its headers carry, named
 * `METHOD route`.
 *
 * ```ts
 * app.use(tracingHono()) // before everything else
 * ```
 *
 * With @hono/node-server the span lasts until the response has been sent, its body included; with `app.request()` and other
 * adapters, until the handlers have returned. For servers without instrumentation: where OpenTelemetry's http
 * instrumentation runs, its span gets the route and the errors, and there is no second one.
 *
 * @throws TracingConfigError when an option is wrong; never when it is called
 */
export function tracingHono(options: MiddlewareOptions<HonoContextLike> = {}): HonoMiddleware {
  checkMiddlewareOptions(options)
  return async function tracing(c, next) {
    const server = isIgnored(options, c) ? undefined : openHonoServerSpan(c, options)
    if (server === undefined) {
      await next()
      return
    }
    try {
      await context.with(server.context, next)
      answered(server, c)
      if (!outgoingOf(c)) server.end(c.res.status)
    } catch (error) {
      server.noteError(error)
      if (!outgoingOf(c)) server.end()
      throw error
    }
  }
}

function openHonoServerSpan(c: HonoContextLike, options: MiddlewareOptions<HonoContextLike>): ServerSpan | undefined {
  try {
    const server = openServerSpan(() => incomingRequest(c), { headerNames: options.traceResponseHeaders })
    const outgoing = outgoingOf(c)
    if (outgoing)
      onResponseEnd(outgoing, (statusCode) => {
        server.setRoute(honoRoute(c.req))
        server.end(statusCode)
      })
    return server
  } catch (error) {
    warnOnce('hono-server-span', `a request is not traced: ${messageOf(error)}`)
    return undefined
  }
}

/** What a handler throws stands in the context: Hono has made a response of it already. */
function answered(server: ServerSpan, c: HonoContextLike): void {
  server.setRoute(honoRoute(c.req))
  if (c.error !== undefined) server.noteError(c.error)
  if (!server.hasResponseHeaders) return
  server.writeResponseHeaders({
    get: (name) => c.res.headers.get(name) ?? undefined,
    // Not into `c.res.headers`: those of a fetched response can't be changed.
    set: (name, value) => c.header(name, value),
  })
}

/** Node's response, which knows when all has been sent. */
function outgoingOf({ env }: HonoContextLike): NodeResponse | undefined {
  const { outgoing } = (env ?? {}) as { readonly outgoing?: Partial<NodeResponse> }
  return typeof outgoing?.prependListener === 'function' ? (outgoing as NodeResponse) : undefined
}

function incomingRequest({ req: { raw }, env }: HonoContextLike): IncomingRequest {
  const { incoming } = (env ?? {}) as { readonly incoming?: NodeRequest }
  const headers: RequestHeaders = Object.fromEntries(raw.headers)
  const forwarded = forwardedOf(headers)
  const url = parseUrl(raw.url)
  const peer = incoming?.socket
  return {
    method: raw.method,
    scheme: forwarded.scheme ?? (url?.protocol === 'https:' ? 'https' : 'http'),
    target: url === null ? raw.url : url.pathname + url.search,
    host: forwarded.host ?? textOf(headers.host) ?? url?.host,
    clientAddress: forwarded.clientAddress ?? peer?.remoteAddress,
    peerAddress: peer?.remoteAddress,
    peerPort: peer?.remotePort,
    protocolVersion: incoming?.httpVersion === '2.0' ? '2' : incoming?.httpVersion,
    userAgent: textOf(headers['user-agent']),
    carrier: headers,
  }
}
