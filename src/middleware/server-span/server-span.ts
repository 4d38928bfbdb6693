import {
  context,
  propagation,
  SpanKind,
  trace,
  type Attributes,
  type Context,
  type Span,
  SpanStatusCode,
} from '@opentelemetry/api'
import { getRPCMetadata, RPCType, setRPCMetadata, suppressTracing, type RPCMetadata } from '@opentelemetry/core'
import { ATTR_HTTP_ROUTE, ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from '@opentelemetry/semantic-conventions'
import { safely } from '../../internal/diagnostics/diagnostics.js'
import { contextWithSpan } from '../../internal/otel-api/context-with-span.js'
import {
  defaultTraceResponseHeaders,
  writeTraceResponseHeaders,
  type ResponseHeaders,
  type TraceResponseHeader,
} from '../../propagation/response-headers.js'
import { startSpan } from '../../spans/with-span.js'
import { methodInName, normalizedMethod } from '../../internal/http/http-method.js'
import { isIgnoredPath } from '../../internal/http/ignored-requests.js'
import { activeHttpMetadata, isOfRequest, isSpanOfRequest, noteRequest } from '../../internal/http/served-request.js'
import { extractTraceContext } from '../../propagation/extract-trace-context.js'
import { requestAttributes, type IncomingRequest } from './incoming-request.js'
import { recordErrorOn } from '../../spans/record-error.js'

/** The span of a request that a server answers: ours, or the one that instrumentation has made already. Never throws. */
export interface ServerSpan {
  /** In which the request is to be handled. */
  readonly context: Context
  readonly span: Span
  /** False for the span of an instrumentation, which ends it. */
  readonly isOurs: boolean
  /** The matched route with its placeholders, for the span's name and `http.route`. That of an instrumentation is kept. */
  setRoute(route: string | undefined): void
  /** An error that a handler left unhandled. It is recorded at the end, unless the status then is one of 4xx. */
  noteError(error: unknown): void
  /** Whether {@link ServerSpan.writeResponseHeaders} has anything to write. */
  readonly hasResponseHeaders: boolean
  /** Names the trace to the caller, where that is wanted. Before the headers are sent; again changes nothing. */
  writeResponseHeaders(headers: ResponseHeaders): void
  /** Once; later calls do nothing. Without a status: the request was given up before there was an answer. */
  end(statusCode?: number): void
}

interface ServerSpanOptions {
  readonly headerNames?: readonly TraceResponseHeader[] | undefined
  /** Added to those of the request. */
  readonly attributes?: Attributes | undefined
  /** The framework's request object: a span that is of another one is not taken for this request's. */
  readonly request?: object | undefined
}

/**
 * Opens the SERVER span of a request: named `METHOD route`, in the trace that its headers carry. Where instrumentation has
 * made a span for the request already, that one is given a route, errors and headers, and is left to end by itself: one
 * span a request, never two.
 */
export function openServerSpan(request: () => IncomingRequest, options: ServerSpanOptions = {}): ServerSpan {
  const active = context.active()
  const existing = spanOfInstrumentation(active, options.request)
  const names = options.headerNames ?? defaultTraceResponseHeaders()
  return existing ? adopted(existing, active, names) : opened(request(), active, names, options)
}

/** Those of ours that have ended: what a request has started may live on in its context, a server for instance. */
const endedMetadata = new WeakSet<RPCMetadata>()

/**
 * OpenTelemetry's http instrumentation puts its span into the context's RPC metadata, also one that is not recorded. What others
 * make (a framework's own tracing, a Lambda's) is recognised by its kind. A span that is not recorded has none, and one that has
 * ended does not count: a server that was started inside of a span has it in the context of each request.
 */
function spanOfInstrumentation(active: Context, request: object | undefined): Span | undefined {
  const metadata = activeHttpMetadata()
  if (metadata && !endedMetadata.has(metadata)) {
    return request === undefined || isOfRequest(metadata, request) ? metadata.span : undefined
  }
  const span = trace.getSpan(active) as (Span & { readonly kind?: SpanKind }) | undefined
  if (span?.kind !== SpanKind.SERVER || !span.isRecording()) return undefined
  return request === undefined || isSpanOfRequest(span, request) ? span : undefined
}

function adopted(span: Span, active: Context, names: readonly TraceResponseHeader[]): ServerSpan {
  const metadata = getRPCMetadata(active)
  const lastError = new LastError()
  return {
    context: active,
    span,
    isOurs: false,
    setRoute(route) {
      if (route === undefined) return
      // The http instrumentation reads it when the response is sent, and names the span by it.
      if (metadata?.type === RPCType.HTTP) metadata.route ??= route
      else quietly(() => span.setAttribute(ATTR_HTTP_ROUTE, route))
    },
    noteError: lastError.note,
    ...headersOf(span, names),
    end: (statusCode) => quietly(() => lastError.recordOn(span, statusCode)),
  }
}

function opened(
  request: IncomingRequest,
  active: Context,
  names: readonly TraceResponseHeader[],
  { attributes, request: identity }: ServerSpanOptions,
): ServerSpan {
  const method = methodInName(normalizedMethod(request.method))
  const parent = parentOf(request, isIgnoredPath(request.target) ? suppressTracing(active) : active)
  const options = { kind: SpanKind.SERVER, attributes: { ...requestAttributes(request), ...attributes } }
  const span = startSpan(method, options, parent)
  // Instrumentations further in (Express, Koa) write the route there, as they do for the http instrumentation.
  const metadata: { type: RPCType.HTTP; span: Span; route?: string } = { type: RPCType.HTTP, span }
  if (identity) noteRequest(metadata, identity)
  const lastError = new LastError()
  return {
    context: contextWithSpan(setRPCMetadata(parent, metadata), span),
    span,
    isOurs: true,
    setRoute(route) {
      if (route !== undefined) metadata.route ??= route
    },
    noteError: lastError.note,
    ...headersOf(span, names),
    end(statusCode) {
      if (endedMetadata.has(metadata)) return
      endedMetadata.add(metadata)
      quietly(() => {
        if (metadata.route !== undefined && metadata.route !== '') {
          span.updateName(`${method} ${metadata.route}`)
          span.setAttribute(ATTR_HTTP_ROUTE, metadata.route)
        }
        lastError.recordOn(span, statusCode)
        if (statusCode !== undefined) setStatusCode(span, statusCode)
      })
      quietly(() => span.end())
    },
  }
}

/**
 * A request that has come in has its own trace and baggage, whatever the server was started in. One that was dispatched in this
 * process is part of what has dispatched it, unless its headers carry another trace; those that were only handed on from the
 * outer request carry the same one. That tracing is suppressed here stays.
 */
function parentOf({ carrier, isInProcess = false }: IncomingRequest, active: Context): Context {
  if (!isInProcess) {
    return extractTraceContext(carrier, { context: propagation.deleteBaggage(trace.deleteSpan(active)) })
  }
  const extracted = extractTraceContext(carrier, { context: active })
  const isSameTrace = trace.getSpanContext(extracted)?.traceId === trace.getSpanContext(active)?.traceId
  const span = trace.getSpan(active)
  return isSameTrace && span ? trace.setSpan(extracted, span) : extracted
}

function headersOf(
  span: Span,
  names: readonly TraceResponseHeader[],
): Pick<ServerSpan, 'hasResponseHeaders' | 'writeResponseHeaders'> {
  return {
    hasResponseHeaders: names.length > 0,
    writeResponseHeaders: (headers) => writeTraceResponseHeaders(headers, span.spanContext(), names),
  }
}

/** The last error of a request, until its answer shows what became of it. */
class LastError {
  #noted: { readonly error: unknown } | undefined

  note = (error: unknown): void => {
    this.#noted = { error }
  }

  /** Frameworks answer a thrown error with the status they see fit: one of 4xx is the client's error, and none here. */
  recordOn(span: Span, statusCode: number | undefined): void {
    if (this.#noted && (statusCode === undefined || statusCode >= 500)) recordErrorOn(span, this.#noted.error)
    this.#noted = undefined
  }
}

/** Semantic conventions for HTTP server spans, "Status": 4xx is the client's fault, and no error here. */
function setStatusCode(span: Span, statusCode: number): void {
  span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, statusCode)
  if (statusCode < 500 || hasErrorType(span)) return
  span.setAttribute(ATTR_ERROR_TYPE, String(statusCode))
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** A recorded error has set a more precise one. */
function hasErrorType(span: Span): boolean {
  const { attributes } = span as Span & { readonly attributes?: Readonly<Record<string, unknown>> }
  return attributes?.[ATTR_ERROR_TYPE] !== undefined
}

/** A span processor that throws must not fail the request. */
export const quietly = (change: () => void): void =>
  safely('the span of a request could not be written; look at the span processors', change)
