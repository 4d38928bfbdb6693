import { context, propagation, SpanKind, SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api'
import { hrTime, isTracingSuppressed } from '@opentelemetry/core'
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '@opentelemetry/semantic-conventions'
import { errorMonitor } from 'node:events'
import { constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { methodInName } from '../../internal/http/http-method.js'
import type { HttpInstrumentationInside } from '../http/http-upstream.js'
import {
  clientRequest,
  requestAttributes,
  withTraceHeaders,
  type ClientRequest,
  type RequestHeaders,
} from './client-request.js'
import { isGrpc } from './grpc.js'
import { nameOf } from './stream-answer.js'

type Send = (this: ClientHttp2Session, headers: RequestHeaders, options?: unknown) => ClientHttp2Stream

/** The `request` of sessions of a client: each gets a span, and is sent with its context. */
export function tracedRequest(
  inside: HttpInstrumentationInside,
  original: Send,
  serverOf: (session: ClientHttp2Session) => URL | undefined,
): Send {
  return function (headers, options) {
    const request = isOurs(this) ? clientRequest(headers, serverOf(this)) : undefined
    if (!request || isGrpc(request.headers) || isIgnored(inside, request)) return original.call(this, headers, options)
    const sent = openSpan(inside, request)
    try {
      const stream = original.call(this, withTraceHeaders(headers, sent.headers), options)
      context.bind(context.active(), stream)
      follow(stream, sent)
      return stream
    } catch (error) {
      sent.fail(error)
      throw error
    }
  }
}

/** Undici sends `fetch` by HTTP/2 sessions, too, and its own instrumentation has made a span by then. */
function isOurs(session: ClientHttp2Session): boolean {
  if (isTracingSuppressed(context.active())) return false
  return !Object.getOwnPropertySymbols(session).some(({ description = '' }) => OF_UNDICI.has(description))
}

const OF_UNDICI: ReadonlySet<string> = new Set(['open streams', 'http2Session state'])

function isIgnored(inside: HttpInstrumentationInside, request: ClientRequest): boolean {
  return (
    guarded('ignoreOutgoingRequestHook', () => inside.getConfig().ignoreOutgoingRequestHook?.(request as never)) ===
    true
  )
}

function guarded<T>(hook: string, call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    warnOnce(hook, `the ${hook} of http failed: ${messageOf(error)}`)
    return undefined
  }
}

/** A request that has been sent, until its span ends. */
interface SentRequest {
  readonly span: Span
  readonly headers: Readonly<Record<string, string>>
  answered(headers: Readonly<Record<string, unknown>>): void
  fail(error: unknown): void
  end(): void
}

function capturedHeaders(
  direction: 'request' | 'response',
  names: readonly string[] | undefined,
  headers: Readonly<Record<string, unknown>>,
): Attributes {
  const attributes: Attributes = {}
  for (const name of names ?? []) {
    const key = name.toLowerCase()
    if (headers[key] !== undefined) attributes[`http.${direction}.header.${key}`] = [headers[key]].flat().map(String)
  }
  return attributes
}

const OF_METRICS = [ATTR_HTTP_REQUEST_METHOD, ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT, ATTR_NETWORK_PROTOCOL_VERSION]

function openSpan(inside: HttpInstrumentationInside, request: ClientRequest): SentRequest {
  const start = hrTime()
  const fromHook = guarded('startOutgoingSpanHook', () => inside.getConfig().startOutgoingSpanHook?.(request as never))
  const { requestHeaders, responseHeaders } = inside.getConfig().headersToSpanAttributes?.client ?? {}
  const captured = capturedHeaders('request', requestHeaders, request.headers)
  const attributes = { ...requestAttributes(request), ...captured, ...fromHook }
  const metrics: Attributes = Object.fromEntries(OF_METRICS.map((name) => [name, attributes[name]]))
  const method = methodInName(String(attributes[ATTR_HTTP_REQUEST_METHOD]))
  const span = inside._startHttpSpan(method, { kind: SpanKind.CLIENT, attributes })
  const headers: Record<string, string> = {}
  propagation.inject(trace.setSpan(context.active(), span), headers)
  return {
    span,
    headers,
    answered(headers) {
      const status = Number(headers[':status'])
      span.setAttributes(capturedHeaders('response', responseHeaders, headers))
      for (const target of [metrics, attributes]) target[ATTR_HTTP_RESPONSE_STATUS_CODE] = status
      span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status)
      if (status < 400) return
      metrics[ATTR_ERROR_TYPE] = String(status)
      span.setAttribute(ATTR_ERROR_TYPE, String(status)).setStatus({ code: SpanStatusCode.ERROR })
    },
    fail: (error) => inside._onOutgoingRequestError(span, metrics, start, error),
    end: () => inside._closeHttpSpan(span, SpanKind.CLIENT, start, metrics),
  }
}

function follow(stream: ClientHttp2Stream, sent: SentRequest): void {
  let hasAnswer = false
  stream.prependListener('response', (headers) => {
    const { remoteAddress, remotePort } = stream.session?.socket ?? {}
    sent.span.setAttributes({ [ATTR_NETWORK_PEER_ADDRESS]: remoteAddress, [ATTR_NETWORK_PEER_PORT]: remotePort })
    sent.answered(headers)
    hasAnswer = true
  })
  const isGivenUp = noteGivingUp(stream)
  stream.on(errorMonitor, (error: NodeJS.ErrnoException) => {
    // What has cancelled it says more: that the server can't be reached.
    sent.fail(error.code === 'ERR_HTTP2_STREAM_CANCEL' && error.cause ? error.cause : error)
  })
  stream.on('close', () => {
    const { rstCode } = stream
    if (isGivenUp() || (hasAnswer && rstCode === constants.NGHTTP2_NO_ERROR)) sent.end()
    else sent.fail(Object.assign(new Error(`the stream was closed: ${nameOf(rstCode)}`), { code: nameOf(rstCode) }))
  })
}

/** Whether it is our side that closes the stream: by its code, `NGHTTP2_CANCEL`, the server can do so, too. */
function noteGivingUp(stream: ClientHttp2Stream): () => boolean {
  let isGivenUp = false
  for (const name of ['close', 'destroy'] as const) {
    const methods = stream as unknown as Record<typeof name, (...args: unknown[]) => unknown>
    const original = methods[name]
    methods[name] = function (this: ClientHttp2Stream, ...args) {
      // Node.js itself destroys a stream once it is closed.
      if (!this.closed) isGivenUp = true
      return original.apply(this, args)
    }
  }
  return () => isGivenUp
}
