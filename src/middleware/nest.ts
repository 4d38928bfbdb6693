import { context } from '@opentelemetry/api'
import { expressRoute, type ExpressRequest } from './express-route.js'
import type { NodeRequest } from './server-span/node-request.js'
import type { NodeResponse } from './server-span/node-response.js'
import { openNodeServerSpan } from './server-span/node-server-span.js'
import { observed } from './server-span/observed.js'
import { checkMiddlewareOptions, isIgnored, type MiddlewareOptions } from './options.js'

/** The part of Nest's ExecutionContext that is used here. */
export interface NestContextLike {
  getType(): string
  switchToHttp(): { getRequest(): unknown; getResponse(): unknown }
}

export interface TracingInterceptor {
  /** `next.handle()` gives an Observable, and so does this. */
  intercept<T>(executionContext: NestContextLike, next: { handle(): T }): T
}

/**
 * Interceptor for Nest on Express and on Fastify: a SERVER span for each HTTP request, in the trace and with the baggage that
 * its headers carry, named `METHOD route`.
 *
 * ```ts
 * app.useGlobalInterceptors(tracingInterceptor()) // before other interceptors
 * ```
 *
 * Nest runs guards before interceptors, and interceptors only where there is a handler: requests that a guard refuses, or
 * that find no route, have no span. To have them, use `tracingMiddleware` or `tracingPlugin` with the app beneath. Microservices
 * and WebSockets pass through. For servers without instrumentation: where OpenTelemetry's http instrumentation runs, its
 * span gets the route and the errors, and there is no second one.
 *
 * @throws TracingConfigError when an option is wrong; never when it is called
 */
export function tracingInterceptor(options: MiddlewareOptions<unknown> = {}): TracingInterceptor {
  checkMiddlewareOptions(options)
  return {
    intercept(executionContext, next) {
      if (executionContext.getType() !== 'http') return next.handle()
      const http = executionContext.switchToHttp()
      const request = http.getRequest() as NestRequest
      if (isIgnored(options, request)) return next.handle()
      const response = http.getResponse() as NodeResponse & { readonly raw?: NodeResponse }
      const server = openNodeServerSpan(request.raw ?? request, response.raw ?? response, options, {
        route: () => request.routeOptions?.url ?? expressRoute(request),
      })
      return server
        ? observed(
            context.with(server.context, () => next.handle()),
            server.context,
            (error) => server.noteError(error),
          )
        : next.handle()
    },
  }
}

/** Express's request, or Fastify's. */
type NestRequest = NodeRequest &
  ExpressRequest & { readonly raw?: NodeRequest; readonly routeOptions?: { readonly url?: string | undefined } }
