import {
  createNoopMeter,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import type { UndiciInstrumentationConfig } from '@opentelemetry/instrumentation-undici'
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
  ATTR_URL_PATH,
  ATTR_URL_QUERY,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions'
import type { Socket } from 'node:net'
import { monotonicClock } from '../../internal/runtime/clock.js'
import { methodInName, normalizedMethod } from '../../internal/http/http-method.js'
import { errorTypeOf } from '../../internal/http/error-type.js'
import { isGivenUp } from '../http/http-outcomes.js'

/*
 * A file of its own in the build, loaded with the first request of undici, which is also behind `fetch`; see scripts/files-apart.ts.
 * So what has state is handed to it.
 */

/** Of undici 5 to 8, as its channels publish it. */
export interface UndiciRequest {
  readonly origin: string
  readonly path: string
  readonly method: string
  /** Names and values in turn; undici 5 has them as text. */
  headers?: unknown
  addHeader?(name: string, value: string): void
}

export interface UndiciResponse {
  readonly statusCode: number
  readonly headers: readonly Buffer[]
}

/** What there is inside of upstream's class, none of it public; tests see whether it is there. */
export interface UndiciInside {
  readonly tracer: Tracer
  readonly _httpClientDurationHistogram?: { record(seconds: number, attributes: Attributes): void }
  getConfig(): UndiciInstrumentationConfig
  onRequestCreated(message: { readonly request: UndiciRequest }): void
}

interface Sent {
  readonly span: Span
  readonly attributes: Attributes
  readonly startMillis: number
}

const SENT = Symbol('spanwright.sent')

type Watched = UndiciRequest & { [SENT]?: Sent | undefined }

type Hooks = Parameters<NonNullable<UndiciInstrumentationConfig['requestHook']>>

/** What is one for the process. */
interface Shared {
  readonly safely: <T>(failure: string, fn: () => T) => T | undefined
  readonly contextWithSpan: (parent: Context, span: Span) => Context
  readonly announceOutgoingUrl: (url: () => string) => void
}

/** Starts the span of a request that undici has made, and writes its context into the headers. */
export function requestCreated(inside: UndiciInside, request: UndiciRequest, parent: Context, shared: Shared): void {
  const { safely, contextWithSpan, announceOutgoingUrl } = shared
  const config = inside.getConfig()
  if (config.enabled === false || request.method === 'CONNECT') return
  const { ignoreRequestHook: ignores, startSpanHook, requestHook } = config
  if (ignores && safely('the ignoreRequestHook of undici failed', () => ignores(request as Hooks[1]))) return
  const attributes = attributesOf(request)
  if (!attributes) return
  const url = attributes[ATTR_URL_FULL] as string
  if (startSpanHook) {
    const added = safely('the startSpanHook of undici failed', () => startSpanHook(request as Hooks[1]))
    Object.assign(attributes, added)
  }
  const span = startSpan(inside, attributes, parent)
  if (requestHook) safely('the requestHook of undici failed', () => requestHook(span, request as Hooks[1]))
  announceOutgoingUrl(() => url)
  inject(request, contextWithSpan(parent, span))
  const isSeen = span.isRecording() || isMeasured(inside) || config.responseHook
  if (isSeen) (request as Watched)[SENT] = { span, attributes, startMillis: monotonicClock.nowMillis() }
}

function startSpan(inside: UndiciInside, attributes: Attributes, parent: Context): Span {
  if (inside.getConfig().requireParentforSpans) {
    const above = trace.getSpanContext(parent)
    if (!above || !isSpanContextValid(above)) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
  }
  const name = methodInName(attributes[ATTR_HTTP_REQUEST_METHOD] as string)
  return inside.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent)
}

/** Undici hands over what it has parsed itself: of most paths there is nothing to be normalised. */
const PLAIN_PATH = /^\/(?:[\w\-~!$&'()*+,;=:@%]+(?:\.[\w\-~!$&'()*+,;=:@]+)*\/?)*$/

interface Origin {
  readonly scheme: string
  readonly address: string
  readonly port: number | undefined
  /** As URL writes it. */
  readonly text: string
}

const MOST_ORIGINS = 100
const origins = new Map<string, Origin>()

function originOf(text: string): Origin | undefined {
  const known = origins.get(text)
  if (known) return known
  const url = URL.parse(text)
  if (!url) return undefined
  const scheme = url.protocol.slice(0, -1)
  const port = url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port)
  const origin: Origin = { scheme, address: url.hostname, port, text: `${url.protocol}//${url.host}` }
  if (origins.size >= MOST_ORIGINS) origins.clear()
  // With credentials, or a path of its own, each request is to be looked at.
  if (url.username === '' && url.password === '' && url.pathname === '/') origins.set(text, origin)
  return origin
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 }

/** In upstream's order, except the method as it was, and without the question mark of a query. Undefined where there is no URL to be made of it. */
function attributesOf(request: UndiciRequest): Attributes | undefined {
  const method = normalizedMethod(request.method)
  const { path } = request
  const known = PLAIN_PATH.test(path) && typeof request.origin === 'string' ? originOf(request.origin) : undefined
  const attributes =
    known && origins.has(request.origin)
      ? attributesOfUrl(method, `${known.text}${path}`, path, '', known)
      : attributesOfOdd(method, path, request.origin)
  if (!attributes) return undefined
  if (method !== request.method) attributes[ATTR_HTTP_REQUEST_METHOD_ORIGINAL] = request.method
  const userAgent = userAgentOf(request.headers)
  if (userAgent) attributes[ATTR_USER_AGENT_ORIGINAL] = userAgent
  return attributes
}

function attributesOfOdd(method: string, path: string, base: string): Attributes | undefined {
  const url = URL.parse(path, base)
  if (!url) return undefined
  const origin = originOf(`${url.protocol}//${url.host}`)
  return origin && attributesOfUrl(method, url.href, url.pathname, url.search.slice(1), origin)
}

function attributesOfUrl(...[method, full, path, query, origin]: [string, string, string, string, Origin]): Attributes {
  return {
    [ATTR_HTTP_REQUEST_METHOD]: method,
    [ATTR_URL_FULL]: full,
    [ATTR_URL_PATH]: path,
    [ATTR_URL_QUERY]: query,
    [ATTR_URL_SCHEME]: origin.scheme,
    [ATTR_SERVER_ADDRESS]: origin.address,
    [ATTR_SERVER_PORT]: origin.port,
  }
}

/** Of several the last one. */
function userAgentOf(headers: unknown): string | undefined {
  if (!Array.isArray(headers)) return headersNamed(headers, USER_AGENT)['user-agent']?.at(-1)
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    const name: unknown = headers[i]
    if (typeof name === 'string' && name.length === 10 && name.toLowerCase() === 'user-agent') {
      const value: unknown = headers[i + 1]
      return String(Array.isArray(value) ? value.at(-1) : value)
    }
  }
  return undefined
}

const USER_AGENT: ReadonlySet<string> = new Set(['user-agent'])

/** By their names in lower case. */
function headersNamed(headers: unknown, names: ReadonlySet<string>): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  const add = (given: string, value: unknown): void => {
    const name = given.toLowerCase()
    if (names.has(name)) (found[name] ??= []).push(...[value].flat().map(String))
  }
  if (typeof headers === 'string') {
    for (const [, name = '', value = ''] of headers.matchAll(/^([^:\r\n]+):[ \t]*([^\r\n]*)/gm)) add(name, value)
  } else if (Array.isArray(headers)) {
    for (let i = 0; i < headers.length; i += 2) {
      const name: unknown = headers[i]
      if (typeof name === 'string') add(name, headers[i + 1])
    }
  }
  return found
}

function inject(request: UndiciRequest, active: Context): void {
  const carrier: Record<string, string> = {}
  propagation.inject(active, carrier)
  dropTraceHeaders(request, carrier)
  for (const name in carrier) {
    const value = carrier[name] ?? ''
    if (typeof request.addHeader === 'function') request.addHeader(name, value)
    else if (typeof request.headers === 'string') request.headers += `${name}: ${value}\r\n`
    else if (Array.isArray(request.headers)) request.headers.push(name, value)
  }
}

/**
 * Headers that the app has injected itself would stand there twice, and two are read as none. Baggage may stand there twice. Where
 * there is no trace to be written, the app's own stay.
 */
function dropTraceHeaders(request: UndiciRequest, carrier: Readonly<Record<string, string>>): void {
  const fields = propagation.fields().filter((field) => field !== 'baggage')
  if (!fields.some((field) => field in carrier)) return
  const isOurs = (name: unknown): boolean => typeof name === 'string' && fields.includes(name.toLowerCase())
  const { headers } = request
  if (Array.isArray(headers)) {
    for (let i = headers.length - 2; i >= 0; i -= 2) if (isOurs(headers[i])) headers.splice(i, 2)
  } else if (typeof headers === 'string') {
    request.headers = headers.replaceAll(/^([^:\r\n]+):.*\r\n/gm, (line, name) => (isOurs(name) ? '' : line))
  }
}

/** The request is on its way, by this connection. */
export function requestSent(inside: UndiciInside, request: UndiciRequest, socket: Socket): void {
  const sent = (request as Watched)[SENT]
  if (!sent) return
  const { remoteAddress, remotePort, alpnProtocol } = socket as Socket & { readonly alpnProtocol?: string }
  const added: Attributes = {
    [ATTR_NETWORK_PEER_ADDRESS]: remoteAddress,
    [ATTR_NETWORK_PEER_PORT]: remotePort,
    [ATTR_NETWORK_PROTOCOL_VERSION]: alpnProtocol === 'h2' ? '2' : '1.1',
  }
  const { requestHeaders } = inside.getConfig().headersToSpanAttributes ?? {}
  if (requestHeaders) addHeaders(added, 'request', headersNamed(request.headers, lowerCase(requestHeaders)))
  sent.span.setAttributes(added)
  sent.attributes[ATTR_NETWORK_PROTOCOL_VERSION] = added[ATTR_NETWORK_PROTOCOL_VERSION]
}

const lowerCase = (names: readonly string[]): ReadonlySet<string> => new Set(names.map((name) => name.toLowerCase()))

function addHeaders(attributes: Attributes, side: string, headers: Readonly<Record<string, string[]>>): void {
  for (const [name, values] of Object.entries(headers)) attributes[`http.${side}.header.${name}`] = values
}

export function responseStarted(
  inside: UndiciInside,
  request: UndiciRequest,
  response: UndiciResponse,
  { safely }: Shared,
): void {
  const sent = (request as Watched)[SENT]
  if (!sent) return
  const { span, attributes } = sent
  const { responseHook, headersToSpanAttributes } = inside.getConfig()
  const { statusCode } = response
  if (responseHook) {
    const info = { request, response } as Parameters<typeof responseHook>[1]
    safely('the responseHook of undici failed', () => responseHook(span, info))
  }
  const added: Attributes = { [ATTR_HTTP_RESPONSE_STATUS_CODE]: statusCode }
  attributes[ATTR_HTTP_RESPONSE_STATUS_CODE] = statusCode
  if (statusCode >= 400) added[ATTR_ERROR_TYPE] = attributes[ATTR_ERROR_TYPE] = String(statusCode)
  const { responseHeaders } = headersToSpanAttributes ?? {}
  if (responseHeaders) {
    addHeaders(added, 'response', headersNamed(response.headers.map(String), lowerCase(responseHeaders)))
  }
  span.setAttributes(added)
  if (statusCode >= 400) span.setStatus({ code: SpanStatusCode.ERROR })
}

export function requestDone(inside: UndiciInside, request: UndiciRequest): void {
  const sent = (request as Watched)[SENT]
  if (sent) end(inside, request, sent)
}

/** An error may be anything: a signal's reason can. */
export function requestFailed(inside: UndiciInside, request: UndiciRequest, error: unknown): void {
  const sent = (request as Watched)[SENT]
  if (!sent) return
  if (!isGivenUp(error)) {
    const { message = String(error), stack } = (error ?? {}) as Partial<Error>
    const type = errorTypeOf(error)
    sent.attributes[ATTR_ERROR_TYPE] = type
    sent.span.setAttribute(ATTR_ERROR_TYPE, type)
    // A code may be a number, which is no type of an exception.
    sent.span.recordException({ code: type, name: type, message, ...(stack !== undefined && { stack }) })
    sent.span.setStatus({ code: SpanStatusCode.ERROR, message })
  }
  end(inside, request, sent)
}

function end(inside: UndiciInside, request: UndiciRequest, { span, attributes, startMillis }: Sent): void {
  ;(request as Watched)[SENT] = undefined
  span.end()
  if (!isMeasured(inside)) return
  const measured = MEASURED.filter((name) => name in attributes).map((name) => [name, attributes[name]] as const)
  inside._httpClientDurationHistogram?.record(
    (monotonicClock.nowMillis() - startMillis) / 1_000,
    Object.fromEntries(measured),
  )
}

const MEASURED = [
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_SCHEME,
  ATTR_ERROR_TYPE,
  ATTR_NETWORK_PROTOCOL_VERSION,
]

const NO_HISTOGRAM = createNoopMeter().createHistogram('none').constructor

const isMeasured = (inside: UndiciInside): boolean =>
  inside._httpClientDurationHistogram !== undefined && inside._httpClientDurationHistogram.constructor !== NO_HISTOGRAM
