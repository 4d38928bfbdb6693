import {
  context,
  createNoopMeter,
  propagation,
  SpanKind,
  type Attributes,
  type Context,
  type HrTime,
  type Span,
} from '@opentelemetry/api'
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http'
import { ATTR_HTTP_REQUEST_METHOD, ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT } from '@opentelemetry/semantic-conventions'
import type { ClientRequest, OutgoingHttpHeaders, RequestOptions } from 'node:http'
import { monotonicClock } from '../../internal/runtime/clock.js'
import { safely } from '../../internal/diagnostics/diagnostics.js'
import { contextWithSpan } from '../../internal/otel-api/context-with-span.js'
import type { AnyFunction } from '../../internal/runtime/methods.js'
import { NOTHING_REDACTED } from '../http/http-hooks.js'
import type { HttpInstrumentationInside, Request, Scheme } from '../http/http-upstream.js'
import { bindListeners, boundTo } from '../http-server/bound-listeners.js'
import type { InstrumentationClass } from '../instrumentation-class.js'
import { attributesOfCall, isUrl, readCall, type Call } from './call-options.js'
import { readableHeaders, withHeaders, type HeaderArray } from './header-arrays.js'
import { noteOutcome, OutgoingSpan, type Measurement } from './outgoing-span.js'

/**
 * The instrumentation of http, with requests that are sent traced for half of the cost: the spans are the same. Two options have
 * them traced by upstream's code: its list of what is redacted, and its look for robots.
 */
export function withOutgoingRequests(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as HttpInstrumentationInside
  return class extends Class {
    _outgoingRequestFunction(scheme: Scheme, original: Request): Request {
      const inside = this as unknown as HttpInstrumentationInside
      const upstreamAround = (next: Request): Request => upstream._outgoingRequestFunction.call(inside, scheme, next)
      const byUpstream = withHeaderArrays(original, upstreamAround)
      return function (...args) {
        const call = isOwnPath(inside.getConfig()) ? readCall(args) : undefined
        return call ? request(inside, { scheme, original, receiver: this }, call) : byUpstream.apply(this, args)
      }
    }

    /** Upstream makes all of its functions anew for each request. */
    _getPatchHttpsOutgoingRequestFunction(scheme: Scheme): (original: Request) => Request {
      const inside = this as unknown as HttpInstrumentationInside
      return (original) => {
        const outgoing = inside._outgoingRequestFunction(scheme, original)
        return function httpsOutgoingRequest(options, ...rest) {
          if (typeof options !== 'object' || options === null || isUrl(options)) {
            return outgoing.call(this, options, ...rest)
          }
          const copy: Record<string, unknown> = { ...options }
          inside._setDefaultOptions(copy)
          return outgoing.call(this, copy, ...rest)
        }
      }
    }

    _traceClientRequest(sent: ClientRequest, ...[span, start, metrics]: [Span, HrTime, Attributes]): ClientRequest {
      openRequests.set(span, sent)
      return upstream._traceClientRequest.call(this as never, sent, span, start, metrics)
    }

    _onOutgoingRequestError(...[span, metrics, start, error]: [Span, Attributes, HrTime, unknown]): void {
      openRequests.delete(span)
      upstream._onOutgoingRequestError.call(this as never, span, metrics, start, error)
    }

    _closeHttpSpan(...[span, kind, start, metrics]: [Span, SpanKind, HrTime, Attributes]): void {
      const sent = openRequests.get(span)
      if (sent) {
        openRequests.delete(span)
        noteOutcome(sent, span, metrics)
      }
      upstream._closeHttpSpan.call(this as never, span, kind, start, metrics)
    }

    /** Upstream's port of 443 would go before the app's own default. */
    _setDefaultOptions(options: Record<string, unknown>): void {
      const { port, defaultPort, agent } = options
      upstream._setDefaultOptions.call(this as unknown as HttpInstrumentationInside, options)
      const own = defaultPort ?? (agent as { defaultPort?: unknown } | undefined)?.defaultPort
      if (port === undefined && own !== undefined) options.port = own
    }
  }
}

/** Requests of upstream's code whose span has not ended yet. */
const openRequests = new WeakMap<Span, ClientRequest>()

/** Configurations that have been looked at, each once. */
const ownPathConfigs = new WeakMap<HttpInstrumentationConfig, boolean>()

function isOwnPath(config: HttpInstrumentationConfig): boolean {
  let isOwn = ownPathConfigs.get(config)
  if (isOwn === undefined) {
    const { redactedQueryParams: redacted, enableSyntheticSourceDetection: looksForRobots } = config
    isOwn = (redacted === undefined || redacted === NOTHING_REDACTED) && !looksForRobots
    ownPathConfigs.set(config, isOwn)
  }
  return isOwn
}

/** How the app calls Node.js. */
interface Target {
  readonly scheme: Scheme
  readonly original: Request
  readonly receiver: unknown
}

function request(inside: HttpInstrumentationInside, target: Target, { options, rest }: Call): unknown {
  const { original, receiver } = target
  const headers: unknown = options.headers
  const isArray = Array.isArray(headers)
  // Hooks read them by name.
  if (isArray) options.headers = readableHeaders(headers) as OutgoingHttpHeaders
  const { ignoreOutgoingRequestHook: ignores } = inside.getConfig()
  if (ignores && safely('the ignoreOutgoingRequestHook of http failed', () => ignores(options))) {
    if (isArray) options.headers = headers as never
    return original.call(receiver, options, ...rest)
  }
  const parent = context.active()
  const { span, measurement } = start(inside, target.scheme, options, parent)
  const active = contextWithSpan(parent, span)
  options.headers = injected(active, headers) as never
  const last = rest.length - 1
  const callback = rest[last]
  if (typeof callback === 'function') rest[last] = boundTo(parent, callback as AnyFunction)
  const outgoing = new OutgoingSpan(inside, span, parent, measurement)
  let sent: ClientRequest
  try {
    sent = context.with(active, original, receiver, options, ...rest) as ClientRequest
  } catch (error) {
    outgoing.failed(error)
    throw error
  }
  const { requestHook, responseHook, applyCustomAttributesOnSpan } = inside.getConfig()
  const hasHook = [requestHook, responseHook, applyCustomAttributesOnSpan].some((hook) => hook !== undefined)
  if (span.isRecording() || measurement !== undefined || hasHook) outgoing.watch(sent)
  bindListeners(sent, parent)
  if (requestHook) {
    context.with(active, () => safely('the requestHook of http failed', () => requestHook(span, sent)))
  }
  return sent
}

const NO_HISTOGRAM = createNoopMeter().createHistogram('none').constructor

function start(
  inside: HttpInstrumentationInside,
  scheme: Scheme,
  options: RequestOptions,
  parent: Context,
): { readonly span: Span; readonly measurement: Measurement | undefined } {
  const { startOutgoingSpanHook: hook, requireParentforOutgoingSpans: needsParent } = inside.getConfig()
  const attributes = attributesOfCall(scheme, options)
  if (hook)
    Object.assign(
      attributes,
      safely('the startOutgoingSpanHook of http failed', () => hook(options)),
    )
  const { method } = options
  const name = typeof method === 'string' && method !== '' ? method.toUpperCase() : 'GET'
  const spanOptions = { kind: SpanKind.CLIENT, attributes }
  const isMeasured = inside._httpClientDurationHistogram?.constructor !== NO_HISTOGRAM
  const measurement = isMeasured
    ? { startMillis: monotonicClock.nowMillis(), attributes: measuredOf(attributes) }
    : undefined
  const span = needsParent
    ? inside._startHttpSpan(name, spanOptions)
    : inside.tracer.startSpan(name, spanOptions, parent)
  return { span, measurement }
}

const measuredOf = (attributes: Attributes): Attributes => ({
  [ATTR_HTTP_REQUEST_METHOD]: attributes[ATTR_HTTP_REQUEST_METHOD],
  [ATTR_SERVER_ADDRESS]: attributes[ATTR_SERVER_ADDRESS],
  [ATTR_SERVER_PORT]: attributes[ATTR_SERVER_PORT],
})

/** The headers with those of the trace: Node.js sends an array of them as it stands. */
function injected(active: Context, headers: unknown): unknown {
  if (!Array.isArray(headers)) {
    const carrier = { ...(headers as OutgoingHttpHeaders | undefined) }
    propagation.inject(active, carrier)
    return carrier
  }
  const readable = readableHeaders(headers)
  const carrier = { ...readable }
  propagation.inject(active, carrier)
  return withChanged(headers, readable, carrier)
}

type Named = Readonly<Record<string, unknown>>

function withChanged(headers: HeaderArray, readable: Named, changed: Named): HeaderArray {
  const added = Object.entries(changed).filter(([name, value]) => readable[name] !== value)
  return withHeaders(headers, Object.fromEntries(added))
}

/** Upstream makes an object of any headers, and an array of them arrives as `0: Accept`. */
function withHeaderArrays(original: Request, traced: (original: Request) => Request): Request {
  const byUpstream = traced(original)
  return function (...args) {
    const at = isUrl(args[0]) || typeof args[0] === 'string' ? 1 : 0
    const headers = (args[at] as { headers?: unknown } | null | undefined)?.headers
    if (!Array.isArray(headers)) return byUpstream.apply(this, args)
    const readable = readableHeaders(headers)
    args[at] = { ...(args[at] as object), headers: readable }
    const asGiven: Request = function (options, ...rest) {
      const { headers: changed = {} } = options as { headers?: Named }
      return original.call(this, { ...(options as object), headers: withChanged(headers, readable, changed) }, ...rest)
    }
    return traced(asGiven).apply(this, args)
  }
}
