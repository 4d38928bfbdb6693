import { context, trace, type Context, type Span, type Tracer } from '@opentelemetry/api'
import type { ExpressInstrumentationConfig, ExpressRequestInfo } from '@opentelemetry/instrumentation-express'
import { ATTR_HTTP_ROUTE } from '@opentelemetry/semantic-conventions'
import type { ServerResponse } from 'node:http'
import { activeHttpMetadata } from '../../../internal/http/served-request.js'
import { mimicFunction } from '../../../internal/runtime/methods.js'
import type { InstrumentationClass } from '../../instrumentation-class.js'
import { LayerCall, type MainParts, type Next } from './layer-call.js'
import { namesOf, type Handle, type Layer, type LayerNames } from './layer-names.js'
import { routingOf, type ExpressRequest, type Routing } from './routing.js'

/** What there is inside of upstream's class. */
interface ExpressInstrumentationInside {
  readonly tracer: Tracer
  getConfig(): ExpressInstrumentationConfig
  _applyPatch(layer: Layer | undefined, path?: string): void
}

/** What layers are traced with. */
interface LayerTools extends MainParts {
  readonly inside: ExpressInstrumentationInside
}

/**
 * The instrumentation of Express, with layers traced for a fraction of the cost: spans, names and options are upstream's. But an error
 * is a layer's only where the response shows one, and a request keeps the route that has matched.
 */
export function withExpressLayers(Class: InstrumentationClass, parts: MainParts): InstrumentationClass {
  const upstream = Class.prototype as Partial<ExpressInstrumentationInside>
  if (typeof upstream._applyPatch !== 'function') return Class
  return class extends Class {
    _applyPatch(layer: Layer | undefined, path?: string): void {
      if (layer) traceLayer(layer, path, { ...parts, inside: this as unknown as ExpressInstrumentationInside })
    }
  }
}

const traced = new WeakSet<Layer>()

function traceLayer(layer: Layer, path: string | undefined, tools: LayerTools): void {
  const { handle } = layer
  // One that takes four arguments is for errors, which are traced where they come from; Express calls none that takes more.
  if (traced.has(layer) || typeof handle !== 'function' || handle.length > 3) return
  traced.add(layer)
  layer.handle = withPropertiesOf(handle, mimicFunction(tracedHandle(layer, path, tools), handle))
}

/** Apps read and change a router by way of its layer. */
function withPropertiesOf(handle: Handle, target: Handle): Handle {
  const properties = handle as unknown as Record<string, unknown>
  for (const key in handle) {
    const set = (value: unknown): void => void (properties[key] = value)
    Object.defineProperty(target, key, { get: () => properties[key], set })
  }
  return target
}

function tracedHandle(layer: Layer, path: string | undefined, tools: LayerTools): Handle {
  const { contextWithSpan } = tools
  const original = layer.handle
  const findNames = namesOf(layer, path)
  // The router of Express 5. That of Express 4 does not look at promises: a rejection stays the app's.
  const goesOnWithRejections = typeof layer.handleRequest === 'function'

  return function (this: unknown, request: ExpressRequest, response: ServerResponse, next: Next) {
    const routing = routingOf(request)
    if (path !== undefined) routing.enter(path)
    const names = findNames(routing.constructedRoute)
    const route = routing.matchedRoute(request)
    const metadata = activeHttpMetadata()
    if (metadata) setRoute(metadata, routing.keepRoute(route, names.type, request))
    const parent = context.active()
    const parentSpan = trace.getSpan(parent)
    const isRouter = names.type === 'router'
    if (parentSpan === undefined || isIgnored(names, tools)) {
      if (path !== undefined && !isRouter) routing.leave()
      return original.call(this, request, response, next)
    }
    const span = startSpan(names, route, request, tools)
    if (isRouter) span.end()
    const isTraced = !isRouter && (span.isRecording() || parentSpan.isRecording())
    const call = isTraced ? new LayerCall(span, response, tools) : undefined
    const handOn = onward(next, parent, { request, call, routing: path === undefined ? undefined : routing }, tools)
    if (!call) return original.call(this, request, response, handOn)
    try {
      const returned = context.with(contextWithSpan(parent, span), original, this, request, response, handOn)
      if (goesOnWithRejections && returned instanceof Promise) {
        void Promise.prototype.then.call(returned, undefined, (error: unknown) => call.fail(error))
      }
      return returned
    } catch (error) {
      call.fail(error)
      throw error
    } finally {
      call.endWithResponse()
    }
  }
}

/** Undefined, too: what a layer before has left there is not the route of those behind it. */
function setRoute(metadata: { route?: string | undefined }, route: string | undefined): void {
  metadata.route = route
}

interface HandedOn {
  readonly request: ExpressRequest
  /** Where the layer has a span that is open. */
  readonly call: LayerCall | undefined
  /** Where the layer has a path, which is left then. */
  readonly routing: Routing | undefined
}

/** What a layer calls to hand on the request. */
function onward(next: Next, parent: Context, { request, call, routing }: HandedOn, tools: LayerTools): Next {
  if (typeof next !== 'function') return next
  return (...args) => {
    const [value] = args
    call?.handedOn(value)
    if (routing && !(request.route && isError(value))) routing.leave()
    const active = context.active()
    if (active === parent) return next(...args)
    // What else the layer has put into the context is kept.
    const parentSpan = trace.getSpan(parent)
    const behind = parentSpan ? tools.contextWithSpan(active, parentSpan) : active
    return context.with(behind, next, undefined, ...args)
  }
}

const isError = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== 'route' && value !== 'router'

function isIgnored({ type, spanName }: LayerNames, { inside, safely }: LayerTools): boolean {
  const { ignoreLayers, ignoreLayersType } = inside.getConfig()
  if (Array.isArray(ignoreLayersType) && (ignoreLayersType as string[]).includes(type)) return true
  if (!Array.isArray(ignoreLayers)) return false
  const isMatch = (pattern: unknown): boolean => {
    if (typeof pattern === 'string') return pattern === spanName
    return pattern instanceof RegExp ? pattern.test(spanName) : (pattern as (name: string) => boolean)(spanName)
  }
  return safely('ignoreLayers of the Express instrumentation failed', () => ignoreLayers.some(isMatch)) ?? false
}

function startSpan(
  { type, name, spanName }: LayerNames,
  matched: string | undefined,
  request: ExpressRequest,
  { inside, safely }: LayerTools,
): Span {
  const { requestHook, spanNameHook } = inside.getConfig()
  const attributes = { [ATTR_HTTP_ROUTE]: matched, 'express.name': name, 'express.type': type }
  if (!requestHook && !spanNameHook) return inside.tracer.startSpan(spanName, { attributes })
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- its values, and the enum is in a package that may not be loaded
  const layerType = type as ExpressRequestInfo['layerType']
  const info: ExpressRequestInfo = { request, layerType, route: routingOf(request).constructedRoute }
  const rename = (): string | undefined =>
    typeof spanNameHook === 'function' ? spanNameHook(info, spanName) : undefined
  const named = safely('the spanNameHook of express failed', rename) ?? spanName
  const span = inside.tracer.startSpan(named, { attributes })
  if (requestHook) safely('the requestHook of express failed', () => requestHook(span, { ...info }))
  return span
}
