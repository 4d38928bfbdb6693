import { context, trace, type Span } from '@opentelemetry/api'
import type { RPCMetadata } from '@opentelemetry/core'
import { safeGet } from '../../internal/checks/safe-get.js'
import { activeHttpMetadata, isOfRequest } from '../../internal/http/served-request.js'
import { mimicFunction, type AnyFunction } from '../../internal/runtime/methods.js'
import type { Library, TracedCalls } from './library.js'
import { withReplaced, type Exports } from './replaced-exports.js'

interface App {
  router: Router
}

interface Router {
  add(method: string, path: string, entry: unknown): unknown
}

interface Route {
  readonly path: string
  readonly method: string
  readonly handler: AnyFunction
}

interface HonoContext {
  readonly req: { readonly matchedRoutes?: readonly Route[] }
  readonly env: unknown
}

const OF_PRESETS = ['tiny', 'quick'].flatMap((preset) => [
  `hono/dist/preset/${preset}.js`,
  `hono/dist/cjs/preset/${preset}.js`,
])

/**
 * Hono: the server span has its route and what a handler throws, and a span below for each middleware and handler. An app's
 * handlers all pass its router as they are added, so they are wrapped there; lists of routes have them as they were.
 */
export const HONO: Library = {
  packages: { hono: ['>=4 <5'] },
  files: { hono: OF_PRESETS },
  patch(exported: Exports, calls) {
    const handlers = new TracedHandlers(calls)
    return withReplaced(exported, {
      Hono: (Hono) =>
        new Proxy(Hono, {
          construct(target, args, newTarget) {
            const app = Reflect.construct(target, args, newTarget) as App
            calls.safely(() => handlers.trace(app))
            return app
          },
        }),
    })
  },
}

class TracedHandlers {
  readonly #calls: TracedCalls
  readonly #routers = new WeakSet<object>()
  /** The first one of a request: a handler may hand `c.env` on to a request of its own. */
  readonly #contexts = new WeakMap<object, HonoContext>()
  readonly #seen = new WeakSet<HonoContext>()

  constructor(calls: TracedCalls) {
    this.#calls = calls
  }

  trace({ router }: App): void {
    // That of an app with a base path is the one of the app that it was made of.
    if (this.#routers.has(router)) return
    this.#routers.add(router)
    this.#calls.replaceOwn(
      router,
      'add',
      (original) =>
        (method, path, entry): unknown =>
          original.call(router, method, path, this.#calls.safely(() => this.#entry(entry)) ?? entry),
    )
  }

  #entry(entry: unknown): unknown {
    if (!Array.isArray(entry)) return entry
    const [handler, route, ...rest] = entry as [AnyFunction, Route, ...unknown[]]
    if (typeof handler !== 'function' || typeof route.path !== 'string') return entry
    return [this.#traced(handler, route), route, ...rest]
  }

  #traced(handler: AnyFunction, route: Route): AnyFunction {
    const { path } = route
    const calls = this.#calls
    const [name, type] = isHandler(route)
      ? [`request handler - ${path}`, 'request_handler']
      : [`middleware - ${route.handler.name || path}`, 'middleware']
    const attributes = { 'http.route': path, 'hono.type': type, 'hono.name': route.handler.name || path }
    const traced: AnyFunction = (...args) => {
      const active = context.active()
      if (!trace.getSpan(active)) return handler(...args)
      const c = args[0] as HonoContext
      calls.safely(() => this.#nameRequest(c, route))
      const span = calls.start(name, { attributes }, active)
      return calls.run(
        span,
        active,
        () => handler(...args),
        (failed, error) => this.#recordError(failed, error, c),
      )
    }
    return mimicFunction(traced, handler)
  }

  /** Where a middleware answers, by the handler that it stands in front of. */
  #nameRequest(c: HonoContext, route: Route): void {
    const isFirst = !this.#seen.has(c)
    this.#seen.add(c)
    if (!isFirst && !isHandler(route)) return
    const metadata = this.#metadataOf(c)
    const answering = isHandler(route) ? route : c.req.matchedRoutes?.find(isHandler)
    if (metadata && answering) metadata.route = answering.path
  }

  /** Hono makes an answer of an error, so that it gets no further: the request's span has it where that answer is a failure. */
  #recordError(span: Span, error: unknown, c: HonoContext): void {
    const status = safeGet(error, 'status')
    if (typeof status === 'number' && status < 500) return
    this.#calls.recordError(span, error)
    this.#metadataOf(c)?.span.recordException((error ?? String(error)) as Error)
  }

  /** Of the server span. Undefined for a request within another one, which a handler may have handed its `c.env`. */
  #metadataOf(c: HonoContext): RPCMetadata | undefined {
    const incoming = safeGet(c.env, 'incoming')
    if (typeof incoming !== 'object' || incoming === null) return undefined
    if (!this.#contexts.has(incoming)) this.#contexts.set(incoming, c)
    if (this.#contexts.get(incoming) !== c) return undefined
    const metadata = activeHttpMetadata()
    return metadata && isOfRequest(metadata, incoming) ? metadata : undefined
  }
}

/** Middleware is added as a route is, with the method ALL; handlers of `app.all` do not take `next`. */
function isHandler({ method, handler }: Route): boolean {
  return method !== 'ALL' || handler.length < 2
}
