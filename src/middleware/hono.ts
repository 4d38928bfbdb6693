import { context } from '@opentelemetry/api'
import { safely } from '../internal/diagnostics/diagnostics.js'
import { parseUrl } from '../internal/http/parse-url.js'
import { activeHttpMetadata } from '../internal/http/served-request.js'
import { checkMiddlewareOptions, isIgnored, type MiddlewareOptions } from './options.js'
import { requestOfHeaders, type IncomingRequest } from './server-span/incoming-request.js'
import { connectionOf, onResponseEnd, type NodeRequest, type NodeResponse } from './server-span/node-server-span.js'
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
    const opened = isIgnored(options, c)
      ? undefined
      : safely('a request is not traced', () => openHonoServerSpan(c, options))
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

function openHonoServerSpan(c: HonoContextLike, options: MiddlewareOptions<HonoContextLike>): OpenedSpan {
  const { incoming, outgoing } = nodeBindings(c)
  const headerNames = options.traceResponseHeaders
  const server = openServerSpan(() => incomingRequest(c, incoming), { headerNames, request: incoming ?? c.req.raw })
  if (outgoing)
    onResponseEnd(outgoing, (statusCode) => {
      server.setRoute(honoRoute(c.req))
      server.end(statusCode)
    })
  return { server, endsWithResponse: outgoing !== undefined }
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
  const url = parseUrl(raw.url)
  const scheme = url?.protocol === 'https:' ? 'https' : 'http'
  const clientAddress = incoming?.socket?.remoteAddress
  return {
    method: raw.method,
    target: url === null ? raw.url : url.pathname + url.search,
    // Adapters without Node's objects don't show whether it came in by a server: only a request within another one surely did not.
    isInProcess: incoming === undefined && activeHttpMetadata() !== undefined,
    ...requestOfHeaders(Object.fromEntries(raw.headers), { scheme, host: url?.host, clientAddress }),
    ...connectionOf(incoming ?? {}),
  }
}

interface HonoRequestRoutes {
  /** Where in {@link HonoRequestRoutes.matchedRoutes} the request has come to. */
  readonly routeIndex: number
  readonly matchedRoutes?: readonly HonoRoute[]
}

interface HonoRoute {
  readonly method: string
  readonly path: string
  // Any function is one.
  readonly handler: { readonly length: number }
}

/**
 * The route that has answered; where a middleware has, the one it stood in front of. Middleware is matched as routes are,
 * with the method ALL; handlers of `app.all` do not take `next`.
 */
function honoRoute({ matchedRoutes, routeIndex }: HonoRequestRoutes): string | undefined {
  return matchedRoutes?.slice(routeIndex).find(isHandler)?.path
}

function isHandler({ method, handler }: HonoRoute): boolean {
  return method !== 'ALL' || handler.length < 2
}
