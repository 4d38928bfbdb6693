import { context, createNoopMeter, ROOT_CONTEXT } from '@opentelemetry/api'
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http'
import { ServerResponse, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { safely } from '../../internal/diagnostics/safely.js'
import { SECRET_QUERY_PARAMETERS } from '../../internal/http/redacted-url.js'
import { activeHttpMetadata, isOfRequest } from '../../internal/http/served-request.js'
import type { InstrumentationClass } from '../loading/guarded-patches.js'
import { type ResponseHook, isOfPathsAlone } from '../http/http-hooks.js'
import type { Emit, HttpInstrumentationInside, Scheme } from '../http/http-upstream.js'
import { endAfterClose, watchClosing } from './after-close.js'
import { isBound } from './bound-listeners.js'
import { handshakeOn } from './handshake.js'
import { requestAttributes } from './request-attributes.js'
import { traceRequest } from './server-request.js'

/** Options that do not concern incoming requests, and `responseHook`, which is called here. */
const ALLOWED_OPTIONS: ReadonlySet<string> = new Set([
  'enabled',
  'responseHook',
  'disableOutgoingRequestInstrumentation',
  'ignoreOutgoingRequestHook',
  'requireParentforOutgoingSpans',
  'startOutgoingSpanHook',
])

const NO_HISTOGRAM = createNoopMeter().createHistogram('none').constructor

/** Events, besides `request`, with which a request comes in. All others are of connections. */
export const BRING_A_REQUEST: ReadonlySet<unknown> = new Set([
  'checkContinue',
  'checkExpectation',
  'upgrade',
  'connect',
])

/** Requests are handed on: from `checkContinue` to `request`, from one server to another. Each has one span. */
const handledByUpstream = new WeakSet<object>()

export function markHandled(request: object): void {
  handledByUpstream.add(request)
}

/**
 * The instrumentation of http, with requests to servers traced for a third of the cost: the spans are the same. Whatever is
 * wanted beyond that, by an option or for metrics, and each request that needs more than a look, is left to upstream's code.
 * So are those that upstream does not look for (upgrades, CONNECT): they are handed to it as requests.
 */
export function withFastPath(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as HttpInstrumentationInside
  class FastPath extends Class {
    _incomingRequestFunction(scheme: Scheme, original: Emit): Emit {
      const inside = this as unknown as HttpInstrumentationInside
      watchClosing()
      const byUpstream = upstream._incomingRequestFunction.call(inside, scheme, emitGiven(original))
      return function (...args) {
        const [event] = args
        if (event !== 'request' && !BRING_A_REQUEST.has(event)) return original.apply(this, args)
        const [, request, response] = args as [string, IncomingMessage, ServerResponse | Duplex]
        if (isBound(request) || handledByUpstream.has(request)) return original.apply(this, args)
        if (event === 'upgrade' || event === 'connect') {
          handledByUpstream.add(request)
          const handshake = handshakeOn(response as Duplex)
          return context.with(ROOT_CONTEXT, byUpstream, this, 'request', request, handshake, args)
        }
        const attributes = takesFastPath(inside, request) ? requestAttributes(scheme, request) : undefined
        if (!attributes) {
          handledByUpstream.add(request)
          return context.with(ROOT_CONTEXT, byUpstream, this, 'request', request, response, args)
        }
        const onResponse = guardedHook(inside.getConfig())
        const arrival = { request, response: response as ServerResponse, attributes, onResponse }
        const traced = traceRequest(inside.tracer, arrival)
        try {
          return context.with(traced.active, original, this, ...args)
        } catch (error) {
          traced.fail(error)
          throw error
        }
      }
    }
  }
  return FastPath
}

/**
 * What upstream calls in the context of the request's span: the span learns which request it is of, and ends last. Upstream takes all
 * for `request`, and passes on what it gets: the event as it was is the last argument.
 */
function emitGiven(original: Emit): Emit {
  return function (...args) {
    const [, request, response] = args as [string, IncomingMessage, ServerResponse | Duplex]
    const metadata = activeHttpMetadata()
    if (metadata && isOfRequest(metadata, request) && response instanceof ServerResponse) {
      endAfterClose(metadata.span, response)
    }
    return original.apply(this, args.at(-1) as unknown[])
  }
}

/** Configurations that have been looked at, each once. */
const fastPathConfigs = new WeakMap<HttpInstrumentationConfig, boolean>()

function takesFastPath(inside: HttpInstrumentationInside, request: IncomingMessage): boolean {
  if (inside._httpServerDurationHistogram?.constructor !== NO_HISTOGRAM) return false
  const config = inside.getConfig()
  let takesFast = fastPathConfigs.get(config)
  if (takesFast === undefined) {
    takesFast = Object.entries(config).every(([name, value]) => ALLOWED_OPTIONS.has(name) || isDefault(value))
    fastPathConfigs.set(config, takesFast)
  }
  return takesFast && !config.ignoreIncomingRequestHook?.(request)
}

/** What we have put there ourselves, and observe here: the list of what is redacted, and a hook that looks at the path. */
function isDefault(value: unknown): boolean {
  return value === undefined || value === SECRET_QUERY_PARAMETERS || isOfPathsAlone(value)
}

function guardedHook({ responseHook }: HttpInstrumentationConfig): ResponseHook | undefined {
  if (!responseHook) return undefined
  return (span, response) =>
    safely('the responseHook of http failed', () => responseHook(span, response as ServerResponse))
}
