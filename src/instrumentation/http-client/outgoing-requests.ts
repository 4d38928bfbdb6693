import type { Attributes, HrTime, Span, SpanKind } from '@opentelemetry/api'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { InstrumentationClass } from '../instrumentation-class.js'
import type { HttpInstrumentationInside, Request, Scheme } from '../http/http-upstream.js'
import { readableHeaders, withHeaders, type HeaderArray } from './header-arrays.js'
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from '@opentelemetry/semantic-conventions'
import { errorTypeOf } from '../../internal/http/error-type.js'
import { isGivenUp, setError } from '../http/http-outcomes.js'

type Options = Readonly<Record<string, unknown>>

/**
 * The instrumentation of http, with requests that arrive as the app has made them. Upstream makes an object of any headers, and an
 * array of them, which Node.js sends as it stands (`rawHeaders` of a proxy), arrives as `0: Accept`.
 */
export function withFaithfulRequests(Class: InstrumentationClass): InstrumentationClass {
  const upstream = Class.prototype as unknown as HttpInstrumentationInside
  return class extends Class {
    _outgoingRequestFunction(scheme: Scheme, original: Request): Request {
      const inside = this as unknown as HttpInstrumentationInside
      const byUpstream = upstream._outgoingRequestFunction.call(inside, scheme, original)
      return function (...args) {
        const at = optionsAt(args)
        const headers = (args[at] as Options | undefined)?.headers
        if (!Array.isArray(headers)) return byUpstream.apply(this, args)
        const readable = readableHeaders(headers)
        args[at] = { ...(args[at] as Options), headers: readable }
        const asGiven = withHeaderArray(original, headers, readable)
        return upstream._outgoingRequestFunction.call(inside, scheme, asGiven).apply(this, args)
      }
    }

    _traceClientRequest(request: ClientRequest, ...[span, start, metrics]: [Span, HrTime, Attributes]): ClientRequest {
      openRequests.set(span, request)
      return upstream._traceClientRequest.call(this as never, request, span, start, metrics)
    }

    _onOutgoingRequestError(...[span, metrics, start, error]: [Span, Attributes, HrTime, unknown]): void {
      openRequests.delete(span)
      upstream._onOutgoingRequestError.call(this as never, span, metrics, start, error)
    }

    _closeHttpSpan(...[span, kind, start, metrics]: [Span, SpanKind, HrTime, Attributes]): void {
      const request = openRequests.get(span)
      if (request) {
        openRequests.delete(span)
        noteOutcome(request, span, metrics)
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

/** Whose span has not ended yet. */
const openRequests = new WeakMap<Span, ClientRequest>()

/** `request(options)`, or `request(url, options)`. */
function optionsAt([first, second]: readonly unknown[]): 0 | 1 {
  const isUrl = typeof first === 'string' || (first as URL | undefined)?.searchParams !== undefined
  return isUrl && typeof second === 'object' ? 1 : 0
}

/** Has what upstream adds to the readable headers added to the array. */
function withHeaderArray(original: Request, headers: HeaderArray, readable: Options): Request {
  return function (options, ...rest) {
    const changed = Object.entries((options as { headers?: Options }).headers ?? {})
    const added = Object.fromEntries(changed.filter(([name, value]) => readable[name] !== value))
    return original.call(this, { ...(options as Options), headers: withHeaders(headers, added) }, ...rest)
  }
}

/** Node.js keeps the response there, also that to an upgrade or CONNECT, which comes by events of their own. */
type Sent = ClientRequest & { readonly res?: IncomingMessage | null; readonly upgradeOrConnect?: boolean }

/**
 * For a span that is about to end without an error: upstream ends it when the request closes, before the error of a response that
 * the server has broken off; and it does not see the answer to an upgrade.
 */
function noteOutcome(request: ClientRequest, span: Span, metrics: Attributes): void {
  const { res, upgradeOrConnect } = request as Sent
  if (!res) return
  if (upgradeOrConnect && res.statusCode !== undefined) {
    span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, res.statusCode)
    metrics[ATTR_HTTP_RESPONSE_STATUS_CODE] = res.statusCode
  } else if (!res.complete && res.errored && !isGivenUp(res.errored)) {
    metrics[ATTR_ERROR_TYPE] = errorTypeOf(res.errored)
    setError(span, res.errored)
  }
}
