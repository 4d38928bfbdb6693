import { context } from '@opentelemetry/api'
import { messageOf, warnOnce } from '../internal/diagnostics/diagnostics.js'
import { parseUrl } from '../internal/http/parse-url.js'
import { activeHttpMetadata } from '../internal/http/served-request.js'
import { forwardedOf, textOf, type RequestHeaders } from './server-span/forwarded.js'
import { honoRoute, type HonoRequestRoutes } from './hono-route.js'
import type { IncomingRequest } from './server-span/incoming-request.js'
import type { NodeRequest } from './server-span/node-request.js'
import { onResponseEnd, type NodeResponse } from './server-span/node-response.js'
import { checkMiddlewareOptions, isIgnored, type MiddlewareOptions } from './options.js'
import { openServerSpan, type ServerSpan } from './server-span/server-span.js'

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
    const opened = isIgnored(options, c) ? undefined : openHonoServerSpan(c, options)
    if (opened === undefined) {
      await next()
      return
    }
    const { server, endsWithResponse } = opened
    try {
      await context.with(server.context, next)
      answered(server, c)
      if (!endsWithResponse) server.end(c.res.status)
    } catch (error) {
      server.noteError(error)
      if (!endsWithResponse) server.end()
      throw error
    }
  }
}

interface OpenedSpan {
  readonly server: ServerSpan
  /** With that of Node's; otherwise once the handlers have returned. */
  readonly endsWithResponse: boolean
}

function openHonoServerSpan(c: HonoContextLike, options: MiddlewareOptions<HonoContextLike>): OpenedSpan | undefined {
  try {
    const { incoming, outgoing } = nodeBindings(c)
    const headerNames = options.traceResponseHeaders
    const server = openServerSpan(() => incomingRequest(c, incoming), { headerNames, request: incoming ?? c.req.raw })
    if (outgoing)
      onResponseEnd(outgoing, (statusCode) => {
        server.setRoute(honoRoute(c.req))
        server.end(statusCode)
      })
    return { server, endsWithResponse: outgoing !== undefined }
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

/** Node's request and response, where the adapter hands them over; the response knows when all has been sent. */
interface NodeBindings {
  readonly incoming?: NodeRequest | undefined
  readonly outgoing?: NodeResponse | undefined
}

const CONTEXT = Symbol('spanwright.hono-context')

/** Handlers hand `c.env` on to `app.request()`: that is another request, and Node's objects are those of the first. */
function nodeBindings(c: HonoContextLike): NodeBindings {
  const { incoming, outgoing } = (c.env ?? {}) as NodeBindings & { readonly incoming?: { [CONTEXT]?: object } }
  if (incoming) {
    if (!incoming[CONTEXT]) Object.defineProperty(incoming, CONTEXT, { value: c })
    if (incoming[CONTEXT] !== c) return {}
  }
  return { incoming, outgoing: typeof outgoing?.prependListener === 'function' ? outgoing : undefined }
}

function incomingRequest({ req: { raw } }: HonoContextLike, incoming: NodeRequest | undefined): IncomingRequest {
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
    // Adapters without Node's objects don't say whether it has come in: only a request within another one has surely not.
    isInProcess: incoming === undefined && activeHttpMetadata() !== undefined,
  }
}
