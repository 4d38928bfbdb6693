import {
  context,
  createNoopMeter,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  type Attributes,
  type Context,
} from '@opentelemetry/api'
import { RPCType, type RPCMetadata } from '@opentelemetry/core'
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http'
import { ServerResponse, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { safely } from '../../internal/diagnostics/diagnostics.js'
import { restoreAddressHeaders, shortenAddressHeaders } from '../../internal/http/address-headers.js'
import { activeHttpMetadata, isOfRequest, noteRequest } from '../../internal/http/served-request.js'
import { contextWithSpan, contextWithValue, RPC_KEY } from '../../internal/otel-api/context-with-span.js'
import { isOfPathsAlone, NOTHING_REDACTED } from '../http/http-hooks.js'
import type { Emit, HttpInstrumentationInside, Scheme } from '../http/http-upstream.js'
import type { InstrumentationClass } from '../instrumentation-class.js'
import { endAfterClose, watchResponse, watchResponses } from './after-close.js'
import { bindListeners, isBound } from './bound-listeners.js'
import { handshakeOn } from './handshake.js'
import { requestAttributes } from './request-attributes.js'
import { RequestSpan } from './request-span.js'

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
  return class extends Class {
    _incomingRequestFunction(scheme: Scheme, original: Emit): Emit {
      const inside = this as unknown as HttpInstrumentationInside
      watchResponses()
      const byUpstream = upstream._incomingRequestFunction.call(inside, scheme, emitGiven(original))
      return function (...args) {
        const [event] = args
        if (event !== 'request' && !BRING_A_REQUEST.has(event)) return original.apply(this, args)
        const [, request, response] = args as [string, IncomingMessage, ServerResponse | Duplex]
        if (isBound(request) || handledByUpstream.has(request)) return original.apply(this, args)
        if (event === 'upgrade' || event === 'connect') {
          return leaveToUpstream(byUpstream, this, request, handshakeOn(response as Duplex), args)
        }
        const attributes = takesFastPath(inside, request) ? requestAttributes(scheme, request) : undefined
        if (!attributes) return leaveToUpstream(byUpstream, this, request, response, args)
        const { active, requestSpan } = traceRequest(inside, request, response as ServerResponse, attributes)
        try {
          return context.with(active, original, this, ...args)
        } catch (error) {
          requestSpan?.failed(error)
          throw error
        }
      }
    }
  }
}

/** Upstream parses all that a header holds: what is too long for what it says is shortened for it. */
function leaveToUpstream(
  byUpstream: Emit,
  server: Server,
  request: IncomingMessage,
  response: unknown,
  args: unknown[],
): boolean {
  handledByUpstream.add(request)
  shortenAddressHeaders(request)
  try {
    return context.with(ROOT_CONTEXT, byUpstream, server, 'request', request, response, args)
  } finally {
    restoreAddressHeaders(request)
  }
}

/**
 * What upstream calls in the context of the request's span: the span learns which request it is of, and ends last. Upstream takes all
 * for `request`, and passes on what it gets: the event as it was is the last argument.
 */
function emitGiven(original: Emit): Emit {
  return function (...args) {
    const [, request, response] = args as [string, IncomingMessage, ServerResponse | Duplex]
    restoreAddressHeaders(request)
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
  return value === undefined || value === NOTHING_REDACTED || isOfPathsAlone(value)
}

/**
 * Starts the span of a request, which ends with the response. The caller calls the handler: each function between would be in the
 * stacks that the app prints.
 */
function traceRequest(
  inside: HttpInstrumentationInside,
  request: IncomingMessage,
  response: ServerResponse,
  attributes: Attributes,
): { readonly active: Context; readonly requestSpan: RequestSpan | undefined } {
  const extracted = propagation.extract(ROOT_CONTEXT, request.headers)
  const span = inside.tracer.startSpan(request.method ?? 'GET', { kind: SpanKind.SERVER, attributes }, extracted)
  const metadata: RPCMetadata = { type: RPCType.HTTP, span }
  noteRequest(metadata, request)
  const active = contextWithSpan(contextWithValue(extracted, RPC_KEY, metadata), span)
  // One that is not recorded learns nothing, and its end is nothing to see.
  const requestSpan = span.isRecording() ? new RequestSpan(span, active, metadata, request, response) : undefined
  if (requestSpan) watchResponse(response, requestSpan)
  bindListeners(request, active)
  bindListeners(response, active)
  const { responseHook } = inside.getConfig()
  if (responseHook) {
    context.with(active, () => safely('the responseHook of http failed', () => responseHook(span, response)))
  }
  return { active, requestSpan }
}
