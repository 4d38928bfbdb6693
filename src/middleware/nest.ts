import { context, type Context } from '@opentelemetry/api'
import { expressRoute, type ExpressRequest } from './express-route.js'
import { type NodeRequest, type NodeResponse, openNodeServerSpan } from './server-span/node-server-span.js'
import { checkMiddlewareOptions, type MiddlewareOptions } from './options.js'

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
      const response = http.getResponse() as NodeResponse & { readonly raw?: NodeResponse }
      const server = openNodeServerSpan([request.raw ?? request, response.raw ?? response], options, request, {
        route: () => request.routeOptions?.url ?? expressRoute(request),
      })
      if (!server) return next.handle()
      const handled = context.with(server.context, () => next.handle())
      return observed(handled, server.context, (error) => server.noteError(error))
    },
  }
}

/** Express's request, or Fastify's. */
type NestRequest = NodeRequest &
  ExpressRequest & { readonly raw?: NodeRequest; readonly routeOptions?: { readonly url?: string | undefined } }

/** The part of an Observable that is used here. */
interface ObservableLike {
  subscribe(observer: Observer): unknown
}

interface Observer {
  next(value: unknown): void
  error(error: unknown): void
  complete(): void
}

type ObservableClass = new (subscribe: (observer: Observer) => unknown) => unknown

/**
 * An Observable like the given one, whose work is done in the context, and whose error goes to `onError` before it is passed
 * on. Made by the given one's own class, so that rxjs need not be there. What is no Observable comes back as it is.
 */
export function observed<T>(source: T, active: Context, onError: (error: unknown) => void): T {
  const constructor = observableClassOf(source)
  if (constructor === undefined) return source
  return new constructor((observer) =>
    context.with(active, () =>
      (source as ObservableLike).subscribe({
        next: (value) => observer.next(value),
        error(error) {
          onError(error)
          observer.error(error)
        },
        complete: () => observer.complete(),
      }),
    ),
  ) as T
}

/** Subjects inherit `subscribe`; only the class that has it takes a function of how to subscribe. */
function observableClassOf(source: unknown): ObservableClass | undefined {
  for (
    let prototype: unknown = source;
    typeof prototype === 'object' && prototype !== null;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    if (Object.hasOwn(prototype, 'subscribe')) return prototype.constructor as ObservableClass
  }
  return undefined
}
