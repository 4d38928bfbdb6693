import { context, trace, type Span } from '@opentelemetry/api'
import { mimicFunction } from '../../internal/runtime/methods.js'
import type { InstrumentationClass } from '../instrumentation-class.js'

type Middleware = (this: unknown, ...args: unknown[]) => unknown

interface Upstream {
  _startSpan(routeName: string, middleware: Middleware): Span
  _patchMiddleware(routeName: string, middleware: Middleware): Middleware
}

/** The instrumentation of connect, with what a middleware does below its span; what follows by `next` is not part of it. */
export function withConnectLayers(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as Upstream
  return class extends Class {
    #started: Span | undefined

    _startSpan(routeName: string, middleware: Middleware): Span {
      this.#started = upstream._startSpan.call(this, routeName, middleware)
      return this.#started
    }

    _patchMiddleware(routeName: string, middleware: Middleware): Middleware {
      const takeStarted = (): Span | undefined => {
        const started = this.#started
        this.#started = undefined
        return started
      }
      // Upstream calls it just after it has started the span.
      const inSpan: Middleware = function (...args) {
        const span = takeStarted()
        if (!span) return middleware.apply(this, args)
        const active = context.active()
        const last = args.length - 1
        if (typeof args[last] === 'function') args[last] = context.bind(active, args[last])
        return context.with(trace.setSpan(active, span), () => middleware.apply(this, args))
      }
      return upstream._patchMiddleware.call(this, routeName, mimicFunction(inSpan, middleware))
    }
  }
}
