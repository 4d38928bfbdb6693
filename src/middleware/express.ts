import { context } from '@opentelemetry/api'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { expressRoute, type ExpressRequest } from './express-route.js'
import { openNodeServerSpan } from './server-span/node-server-span.js'
import { checkMiddlewareOptions, type MiddlewareOptions } from './options.js'
import type { ServerSpan } from './server-span/server-span.js'

/** Calls what comes next, or with an error what handles errors. */
export type NextFunction = (error?: unknown) => void

export interface TracingMiddleware {
  (request: IncomingMessage, response: ServerResponse, next: NextFunction): void
  /**
   * Puts errors with their causes on the span, and passes them on: `app.use(tracing.errorHandler)` after the routes, before
   * error handlers of your own. Express from 5.3 needs it not, the others have no other way to report an error that
   * one of their handlers has thrown.
   */
  readonly errorHandler: (
    error: unknown,
    request: IncomingMessage,
    response: ServerResponse,
    next: NextFunction,
  ) => void
}

/**
 * Middleware for Express 4 and 5, Connect, and any `(request, response, next)` on Node's server: a SERVER span for each
 * request, in the trace and with the baggage that its headers carry, named `METHOD route`.
 *
 * ```ts
 * app.use(tracingMiddleware()) // before everything else
 * ```
 *
 * For servers without instrumentation. Where OpenTelemetry's http instrumentation runs, its span gets the route and the
 * errors, and there is no second one.
 *
 * @throws TracingConfigError when an option is wrong; never when it is called
 */
export function tracingMiddleware(options: MiddlewareOptions<IncomingMessage> = {}): TracingMiddleware {
  checkMiddlewareOptions(options)
  const spans = new WeakMap<IncomingMessage, ServerSpan>()
  const tracing = (request: IncomingMessage, response: ServerResponse, next: NextFunction): void => {
    const server = openNodeServerSpan([request, response], options, request, {
      route: () => expressRoute(request as ExpressRequest),
      error: () => lastErrorOf(request),
    })
    if (server === undefined) {
      next()
      return
    }
    spans.set(request, server)
    try {
      context.with(server.context, next)
    } catch (error) {
      server.noteError(error)
      throw error
    }
  }
  return Object.assign(tracing, {
    // Express takes a handler with four parameters for one of errors.
    errorHandler(error: unknown, request: IncomingMessage, _response: ServerResponse, next: NextFunction): void {
      spans.get(request)?.noteError(error)
      next(error)
    },
  })
}

/** Where Express 5.3's router keeps the errors of a request that it has not seen handled. */
const ROUTER_ERRORS = Symbol.for('router.tracing.publishedErrors')

function lastErrorOf(request: IncomingMessage): unknown {
  const errors = (request as { readonly [ROUTER_ERRORS]?: unknown })[ROUTER_ERRORS]
  return errors instanceof Set ? [...(errors as Set<unknown>)].at(-1) : undefined
}
