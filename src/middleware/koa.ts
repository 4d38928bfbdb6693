import { context } from '@opentelemetry/api'
import { type NodeRequest, type NodeResponse, openNodeServerSpan } from './server-span/node-server-span.js'
import { checkMiddlewareOptions, type MiddlewareOptions } from './options.js'

/** The part of Koa's context that is used here. */
export interface KoaContextLike {
  readonly req: NodeRequest
  readonly res: NodeResponse
}

export type KoaMiddleware = (ctx: KoaContextLike, next: () => Promise<unknown>) => Promise<void>

/**
 * Middleware for Koa 2 and 3: a SERVER span for each request, in the trace and with the baggage that its headers carry,
 * named `METHOD route` where @koa/router or another that sets `ctx._matchedRoute` has found one.
 *
 * ```ts
 * app.use(tracingKoa()) // before everything else
 * ```
 *
 * For servers without instrumentation. Where OpenTelemetry's http instrumentation runs, its span gets the route and the
 * errors, and there is no second one.
 *
 * @throws TracingConfigError when an option is wrong; never when it is called
 */
export function tracingKoa(options: MiddlewareOptions<KoaContextLike> = {}): KoaMiddleware {
  checkMiddlewareOptions(options)
  return async function tracing(ctx, next) {
    const server = openNodeServerSpan([ctx.req, ctx.res], options, ctx, { route: () => matchedRoute(ctx) })
    if (server === undefined) {
      await next()
      return
    }
    try {
      await context.with(server.context, next)
    } catch (error) {
      server.noteError(error)
      throw error
    }
  }
}

/** A text or an expression; routers with a prefix have it in there. */
function matchedRoute(ctx: KoaContextLike & { readonly _matchedRoute?: unknown }): string | undefined {
  const route = ctx._matchedRoute
  return typeof route === 'string' ? route : route instanceof RegExp ? String(route) : undefined
}
