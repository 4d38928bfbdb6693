import { context, type Span, SpanStatusCode, trace, type TimeInput } from '@opentelemetry/api'
import { getRPCMetadata, RPCType } from '@opentelemetry/core'
import type { InstrumentationConfig } from '@opentelemetry/instrumentation'
import type { ServerResponse } from 'node:http'
import { monotonicClock } from '../../internal/runtime/clock.js'
import { mimicFunction } from '../../internal/runtime/methods.js'
import type { InstrumentationClass } from '../instrumentation-class.js'

/** The part of the Express instrumentation's options that is used here. */
interface ExpressConfig extends InstrumentationConfig {
  requestHook?: (span: Span, info: ExpressLayerInfo) => void
}

interface ExpressLayerInfo {
  readonly request: { readonly baseUrl?: string; readonly route?: { readonly path?: unknown } }
  readonly layerType: string
}

/**
 * Keeps the route of an Express request once a route has matched. The instrumentation sets it anew with each layer, so that
 * a middleware behind the route (such as one that renders what the handler has found) would take it away again; and to `/`
 * with a query string it finds none.
 */
export function keepExpressRoutes(config: ExpressConfig = {}): ExpressConfig {
  const matched = new WeakMap<object, string>()
  const { requestHook } = config
  return {
    ...config,
    requestHook: (span, info) => {
      layerSpanStarted(span)
      const rpc = getRPCMetadata(context.active())
      if (rpc?.type === RPCType.HTTP) {
        if (info.layerType === 'request_handler') {
          const route = rpc.route ?? pathOfRoute(info.request)
          if (route !== undefined) matched.set(info.request, route)
        }
        const route = matched.get(info.request)
        if (route !== undefined) rpc.route = route
      }
      requestHook?.(span, info)
    },
  }
}

/** Of a route in the app itself: where a router is mounted, the request has only the path that was asked for. */
function pathOfRoute({ baseUrl, route }: ExpressLayerInfo['request']): string | undefined {
  return baseUrl === '' && typeof route?.path === 'string' ? route.path : undefined
}

type Next = (this: unknown, ...args: unknown[]) => unknown
type Handle = (this: unknown, request: unknown, response: ServerResponse, next: Next) => unknown

interface Layer {
  handle: Handle
}

/** What there is inside of upstream's class. */
interface ExpressInstrumentationInside {
  _applyPatch(layer: Layer | undefined, path?: string): void
}

/**
 * The instrumentation of Express, of which a layer's span is an error only where the response shows one. Upstream records whatever
 * is handed to `next` at once, also what an error handler then answers with 200 or 404, and values that are no errors.
 */
export function withExpressLayers(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as Partial<ExpressInstrumentationInside>
  if (typeof upstream._applyPatch !== 'function') return Class
  return class extends Class {
    _applyPatch(layer: Layer | undefined, path?: string): void {
      if (layer && isFollowable(layer.handle)) layer.handle = followed(layer.handle)
      upstream._applyPatch?.call(this, layer, path)
    }
  }
}

const followedHandles = new WeakSet<Handle>()
let started: Span | undefined

/** To be called with each span of a layer, right before the layer is called. */
function layerSpanStarted(span: Span): void {
  started = span
}

/** Not those of routers, whose spans end at once, nor handlers of errors, which have none. */
function isFollowable(handle: unknown): handle is Handle {
  return typeof handle === 'function' && handle.length !== 4 && !('stack' in handle)
}

function followed(handle: Handle): Handle {
  if (followedHandles.has(handle)) return handle
  const follow = function (this: unknown, ...args: Parameters<Handle>): unknown {
    const span = started
    started = undefined
    if (!span?.isRecording() || span !== trace.getActiveSpan()) return handle.apply(this, args)
    const outcome = new LayerOutcome(span, args[1])
    const next = args[2]
    if (typeof next === 'function') args[2] = (...given) => outcome.callNext(next, given)
    try {
      const returned = handle.apply(this, args)
      // Express 5 goes on with the error of a promise by itself; only the layers of routes see it.
      if (returned instanceof Promise) returned.catch((error: unknown) => outcome.note(error))
      return returned
    } catch (error) {
      outcome.thrown(error)
      throw error
    }
  }
  mimicFunction(follow, handle)
  // Some handlers are functions with properties, which are read by way of the layer.
  Object.setPrototypeOf(follow, handle)
  followedHandles.add(follow)
  return follow
}

/** Holds back the error of a layer until the response is closed. */
class LayerOutcome {
  readonly #span: Span
  readonly #response: ServerResponse
  #noted: { readonly error: unknown; readonly time: TimeInput } | undefined
  #endTime: TimeInput | undefined

  constructor(span: Span, response: ServerResponse) {
    this.#span = span
    this.#response = response
  }

  /** Upstream's `next` records what it is handed, ends the span, and goes on with the next layer. */
  callNext(next: Next, args: unknown[]): unknown {
    const [value] = args
    if (value === undefined || value === null || value === 'route' || value === 'router') return next(...args)
    // Express itself takes 0 and false for none.
    const isError = Boolean(value)
    if (isError) this.note(value)
    const restore = replaceMethods(this.#span, {
      recordException() {},
      setStatus: () => this.#span,
      end: () => {
        restore()
        if (isError) this.#endTime = monotonicClock.nowMillis()
        else this.#span.end()
      },
    })
    try {
      return next(...args)
    } finally {
      restore()
    }
  }

  /** Upstream records it, next, and ends the span when the response is closed. */
  thrown(error: unknown): void {
    this.note(error)
    const restore = replaceMethods(this.#span, {
      recordException() {},
      setStatus: () => {
        restore()
        return this.#span
      },
    })
  }

  note(error: unknown): void {
    if (!this.#noted) this.#response.once('close', () => this.#settle())
    this.#noted = { error, time: monotonicClock.nowMillis() }
  }

  #settle(): void {
    const { headersSent, statusCode } = this.#response
    if (this.#noted && (!headersSent || statusCode >= 500)) recordOn(this.#span, this.#noted.error, this.#noted.time)
    if (this.#endTime !== undefined) this.#span.end(this.#endTime)
  }
}

function recordOn(span: Span, error: unknown, time: TimeInput): void {
  if (error instanceof Error) span.recordException(error, time)
  const { message } = typeof error === 'string' ? { message: error } : (error as { message?: unknown })
  span.setStatus({ code: SpanStatusCode.ERROR, ...(typeof message === 'string' && { message }) })
}

/** For the time being: those of the span itself are back when the returned function is called. */
function replaceMethods(span: Span, methods: Partial<Span>): () => void {
  Object.assign(span, methods)
  return () => {
    for (const name of Object.keys(methods)) Reflect.deleteProperty(span, name)
  }
}
