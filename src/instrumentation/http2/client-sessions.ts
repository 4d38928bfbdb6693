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
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_URL_FULL,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions'
import { errorMonitor } from 'node:events'
import { constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { safely } from '../../internal/diagnostics/diagnostics.js'
import { methodInName, normalizedMethod } from '../../internal/http/http-method.js'
import type { HttpInstrumentationInside } from '../http/http-upstream.js'
import { isGrpc, nameOf } from './stream-answer.js'
import { readableHeaders, withHeaders } from '../http-client/header-arrays.js'
import { hasProperties } from '../../internal/http/error-type.js'

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
    safely('the ignoreOutgoingRequestHook of http failed', () =>
      inside.getConfig().ignoreOutgoingRequestHook?.(request as never),
    ) === true
  )
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
  const fromHook = safely('the startOutgoingSpanHook of http failed', () =>
    inside.getConfig().startOutgoingSpanHook?.(request as never),
  )
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
    // The cause is more precise, such as that the server can't be reached.
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

type RequestHeaders = Readonly<Record<string, unknown>> | readonly unknown[] | undefined

/** A request to be sent, in the words of `http.request`, as hooks know them. */
interface ClientRequest {
  readonly method: string
  readonly protocol: string
  readonly host: string
  readonly hostname: string
  readonly port: number
  readonly path: string
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>
}

/** Undefined where the headers name no server, or are none: refusing them is Node's business. */
function clientRequest(given: RequestHeaders, session: URL | undefined): ClientRequest | undefined {
  if (given !== undefined && !hasProperties(given)) return undefined
  const headers = readableHeaders(Array.isArray(given) ? given : Object.entries(given ?? {}))
  const text = (name: string): string | undefined =>
    typeof headers[name] === 'string' && headers[name] !== '' ? headers[name] : undefined
  const scheme = text(':scheme') ?? session?.protocol.replace(/:$/, '') ?? 'https'
  const authority = text(':authority') ?? text('host') ?? session?.host
  const path = text(':path') ?? '/'
  const url = authority === undefined ? null : URL.parse(`${scheme}://${authority}`)
  if (!url) return undefined
  return {
    method: text(':method') ?? 'GET',
    protocol: url.protocol,
    host: url.hostname,
    hostname: url.hostname,
    port: url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port),
    path,
    headers,
  }
}

/** Semantic conventions for HTTP client spans. */
function requestAttributes(request: ClientRequest): Attributes {
  const { protocol, hostname, port, path, headers } = request
  const method = normalizedMethod(request.method)
  const url = URL.parse(`${protocol}//${hostname}:${port}${path}`)
  const userAgent = headers['user-agent']
  return {
    [ATTR_HTTP_REQUEST_METHOD]: method,
    ...(method !== request.method && { [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: request.method }),
    [ATTR_SERVER_ADDRESS]: hostname.replace(/^\[(.*)\]$/, '$1'),
    [ATTR_SERVER_PORT]: port,
    ...(url && { [ATTR_URL_FULL]: url.href }),
    [ATTR_NETWORK_PROTOCOL_VERSION]: '2',
    ...(typeof userAgent === 'string' && { [ATTR_USER_AGENT_ORIGINAL]: userAgent }),
  }
}

/** The headers in the shape that the app has given them, with ours in the place of any of the same name. */
function withTraceHeaders(given: RequestHeaders, added: Readonly<Record<string, string>>): RequestHeaders {
  if (Array.isArray(given)) return withHeaders(given, added)
  // A copy, with what is marked as sensitive by a symbol.
  const headers = Object.assign({}, given) as Record<string, unknown>
  for (const name of Object.keys(headers)) {
    if (Object.hasOwn(added, name.toLowerCase())) Reflect.deleteProperty(headers, name)
  }
  return Object.assign(headers, added)
}
