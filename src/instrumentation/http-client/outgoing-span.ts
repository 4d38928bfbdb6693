import { context, SpanStatusCode, type Attributes, type Context, type Span } from '@opentelemetry/api'
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
} from '@opentelemetry/semantic-conventions'
import { errorMonitor } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { monotonicClock } from '../../internal/runtime/clock.js'
import { safely } from '../../internal/diagnostics/diagnostics.js'
import { errorTypeOf } from '../../internal/http/error-type.js'
import { isGivenUp, reasonOf, setError } from '../http/http-outcomes.js'
import type { HttpInstrumentationInside } from '../http/http-upstream.js'
import { bindListeners } from '../http-server/bound-listeners.js'

/** The duration of a request, where it is measured. */
export interface Measurement {
  readonly startMillis: number
  readonly attributes: Attributes
}

const SPAN = Symbol('spanwright.outgoing-span')

interface Watched {
  [SPAN]?: OutgoingSpan
}

/** The span of a request that is sent: it ends with the response, with an error, or when the request is closed. */
export class OutgoingSpan {
  readonly #inside: HttpInstrumentationInside
  readonly #span: Span
  readonly #parent: Context
  readonly #measurement: Measurement | undefined
  #request: ClientRequest | undefined
  #response: IncomingMessage | undefined
  #isOver = false

  constructor(inside: HttpInstrumentationInside, span: Span, parent: Context, measurement: Measurement | undefined) {
    this.#inside = inside
    this.#span = span
    this.#parent = parent
    this.#measurement = measurement
  }

  /** Before anybody else listens to it: these functions are the same for all requests. */
  watch(request: ClientRequest): void {
    this.#request = request
    ;(request as Watched)[SPAN] = this
    request.prependListener('response', onResponse)
    request.on('close', onClose)
    request.on(errorMonitor, onError)
  }

  responded(response: IncomingMessage): void {
    this.#response = response
    // Node.js does so where nobody listens.
    if (this.#request?.listenerCount('response') === 1) response.resume()
    this.#setAnswer(response)
    const { responseHook, headersToSpanAttributes } = this.#inside.getConfig()
    if (responseHook) this.#callHook('responseHook', () => responseHook(this.#span, response))
    if (headersToSpanAttributes?.client) this.#setHeaders(response)
    ;(response as Watched)[SPAN] = this
    response.on('end', onEnd)
    response.on(errorMonitor, onError)
    bindListeners(response, this.#parent)
  }

  ended(): void {
    const response = this.#response
    if (this.#isOver || !response) return
    const { statusCode = 0, complete } = response
    // Destroyed it is also where it came to its end.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- Nothing else says it of both.
    const isCutShort = response.aborted && !complete
    if (isCutShort || statusCode < 100 || statusCode >= 400) this.#span.setStatus({ code: SpanStatusCode.ERROR })
    const errorType = isCutShort ? undefined : errorTypeOfStatus(statusCode)
    if (errorType !== undefined) this.#span.setAttribute(ATTR_ERROR_TYPE, errorType)
    const { applyCustomAttributesOnSpan: apply } = this.#inside.getConfig()
    const request = this.#request
    if (apply && request) {
      this.#callHook('applyCustomAttributesOnSpan', () => apply(this.#span, request, response))
    }
    this.#end()
  }

  /** The request. An error of the response may come later than this, and after `abort()` it will. */
  closed(): void {
    const request = this.#request
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- `destroyed` is true of each request that is closed.
    if (this.#isOver || !request || request.aborted) return
    noteOutcome(request, this.#span, this.#measurement?.attributes ?? {})
    this.#end()
  }

  failed(error: unknown): void {
    if (this.#isOver) return
    if (!isGivenUp(error)) {
      const reason = reasonOf(error)
      if (this.#measurement) this.#measurement.attributes[ATTR_ERROR_TYPE] = errorTypeOf(reason)
      if (this.#span.isRecording()) setError(this.#span, reason)
    }
    this.#end()
  }

  #setAnswer({ statusCode, socket: given, httpVersion }: IncomingMessage): void {
    // Of a mock there may be none.
    const socket = given as Socket | undefined
    const attributes: Attributes = { [ATTR_HTTP_RESPONSE_STATUS_CODE]: statusCode }
    if (socket) {
      attributes[ATTR_NETWORK_PEER_ADDRESS] = socket.remoteAddress
      attributes[ATTR_NETWORK_PEER_PORT] = socket.remotePort
      attributes[ATTR_NETWORK_PROTOCOL_VERSION] = httpVersion
    }
    this.#span.setAttributes(attributes)
    if (!this.#measurement) return
    const measured = this.#measurement.attributes
    if (socket) measured[ATTR_NETWORK_PROTOCOL_VERSION] = httpVersion
    if (!statusCode) return
    measured[ATTR_HTTP_RESPONSE_STATUS_CODE] = statusCode
    const errorType = errorTypeOfStatus(statusCode)
    if (errorType !== undefined) measured[ATTR_ERROR_TYPE] = errorType
  }

  #setHeaders(response: IncomingMessage): void {
    const { captureRequestHeaders, captureResponseHeaders } = this.#inside._headerCapture.client
    this.#span.setAttributes(captureRequestHeaders((name) => this.#request?.getHeader(name)))
    this.#span.setAttributes(captureResponseHeaders((name) => response.headers[name]))
  }

  #callHook(name: string, call: () => void): void {
    context.with(this.#parent, () => safely(`the ${name} of http failed`, call))
  }

  #end(): void {
    this.#isOver = true
    this.#span.end()
    if (!this.#measurement) return
    const { startMillis, attributes } = this.#measurement
    this.#inside._recordClientDuration(monotonicClock.nowMillis() - startMillis, attributes)
  }
}

function onResponse(this: Watched, response: IncomingMessage): void {
  this[SPAN]?.responded(response)
}

function onClose(this: Watched): void {
  this[SPAN]?.closed()
}

function onEnd(this: Watched): void {
  this[SPAN]?.ended()
}

function onError(this: Watched, error: unknown): void {
  this[SPAN]?.failed(error)
}

const errorTypeOfStatus = (status: number): string | undefined =>
  status >= 400 && status < 600 ? String(status) : undefined

/** Node.js keeps the response there, also that to an upgrade or CONNECT, which comes by events of their own. */
type Sent = ClientRequest & { readonly res?: IncomingMessage | null; readonly upgradeOrConnect?: boolean }

/**
 * For a span that is about to end without an error: the request closes before the error of a response that the server has broken
 * off, and the answer to an upgrade comes by another event.
 */
export function noteOutcome(request: ClientRequest, span: Span, metrics: Attributes): void {
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
