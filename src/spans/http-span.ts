import { SpanKind, SpanStatusCode, context, propagation, type Attributes, type Span } from '@opentelemetry/api'
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
} from '@opentelemetry/semantic-conventions'
import { suppressTracing } from '@opentelemetry/core'
import { announceOutgoingUrl } from '../internal/http/outgoing-request.js'
import { methodInName, normalizedMethod } from '../internal/http/http-method.js'
import { parseUrl } from '../internal/http/parse-url.js'
import { safeGet } from '../internal/checks/safe-get.js'
import { redactedUrl } from '../internal/privacy/known-secrets.js'
import { runInSpan, type Outcome } from './with-span.js'

/**
 * `http.route` is for servers only; its counterpart for clients is not stable yet, and OpenTelemetry asks libraries not
 * to import such names.
 */
const ATTR_URL_TEMPLATE = 'url.template'

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

export interface HttpSpanOptions {
  readonly method: string
  /** The absolute URL. Credentials and signatures in it do not reach the span. */
  readonly url: string | URL
  /** The path with placeholders, such as `/users/{id}`: never the path itself, names must be few. */
  readonly route?: string | undefined
  /** An error that is its `reason` was asked for: no ERROR. */
  readonly signal?: AbortSignal | undefined
  /** Added to the conventions' own, and stronger than they. */
  readonly attributes?: Attributes | undefined
}

/**
 * Runs fn in a CLIENT span for an HTTP request, by the semantic conventions: named `GET /users/{id}`, or `GET` without
 * a route. fn gets the headers that carry the trace context (and baggage) to the server: send them along.
 *
 * When fn's result, or the error, has an HTTP status (a fetch Response, the answers of axios, got and undici), it is
 * put on the span, and from 400 on sets the status ERROR. See {@link withSpan} for how long the span lasts.
 *
 * `http` and `fetch` are instrumented without it: this is for clients that are not, and {@link tracedFetch} is shorter.
 */
export function withHttpSpan<T>(request: HttpSpanOptions, fn: (span: Span, headers: Record<string, string>) => T): T {
  const { route, signal, attributes } = request
  const method = normalizedMethod(request.method)
  const shownMethod = methodInName(method)
  return runInSpan(
    route === undefined ? shownMethod : `${shownMethod} ${route}`,
    {
      kind: SpanKind.CLIENT,
      signal,
      attributes: {
        [ATTR_HTTP_REQUEST_METHOD]: method,
        ...(method !== request.method && { [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: request.method }),
        ...urlAttributes(request.url),
        ...(route !== undefined && { [ATTR_URL_TEMPLATE]: route }),
        ...attributes,
      },
    },
    (span) => {
      const headers: Record<string, string> = {}
      announceOutgoingUrl(() => String(request.url))
      propagation.inject(context.active(), headers)
      return fn(span, headers)
    },
    HTTP_OUTCOME,
  )
}

/** From a URL that cannot be read nothing is taken; refusing it is the client's business. */
function urlAttributes(input: string | URL): Attributes {
  const url = parseUrl(String(input))
  if (url === null) return {}
  const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port)
  return {
    [ATTR_SERVER_ADDRESS]: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(port !== undefined && { [ATTR_SERVER_PORT]: port }),
    [ATTR_URL_FULL]: redactedUrl(url.href),
  }
}

const HTTP_OUTCOME: Outcome = {
  value: (span, value) => setStatusCode(span, statusCodeOf(value)),
  error: (span, error) => setStatusCode(span, statusCodeOf(error) ?? statusCodeOf(safeGet(error, 'response'))),
}

/** Semantic conventions for HTTP client spans, "Status": 4xx is an error here, unlike on a server. */
function setStatusCode(span: Span, status: number | undefined): void {
  if (status === undefined) return
  span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status)
  if (status < 400) return
  span.setAttribute(ATTR_ERROR_TYPE, String(status))
  span.setStatus({ code: SpanStatusCode.ERROR })
}

function statusCodeOf(response: unknown): number | undefined {
  for (const key of ['status', 'statusCode']) {
    const status = safeGet(response, key)
    if (Number.isInteger(status) && (status as number) >= 100 && (status as number) <= 599) return status as number
  }
  return undefined
}

/**
 * `fetch` in a CLIENT span of its own, with the trace context in the request's headers; takes and gives what the global
 * `fetch` does. A status of 400 or more sets the status ERROR; an abort by the request's own signal does not. The span
 * ends when the response's headers have come, before its body is read.
 *
 * There is one span a call, also where `fetch` is instrumented: the instrumentation is kept quiet during the call.
 * With instrumentation the plain `fetch` does the same; this is for code that must not depend on it.
 */
export const tracedFetch: typeof fetch = (...[resource, options]: Parameters<typeof fetch>) => {
  // Another request may serve as the options: its values are getters, which a copy would lose.
  const [input, init] = options instanceof Request ? [new Request(resource, options), undefined] : [resource, options]
  const request = input instanceof Request ? input : undefined
  return withHttpSpan(
    {
      method: fetchMethod(init?.method ?? request?.method ?? 'GET'),
      url: input instanceof Request ? input.url : input,
      signal: init?.signal ?? request?.signal,
    },
    // Async, so that headers which cannot be read reject as they do in `fetch`.
    async (_span, traceHeaders) => {
      // Headers in the options replace a Request's, they are not merged: that is how `fetch` reads them.
      const headers = new Headers(init?.headers ?? request?.headers)
      for (const [name, value] of Object.entries(traceHeaders)) {
        if (!headers.has(name)) headers.set(name, value)
      }
      return context.with(suppressTracing(context.active()), () => fetch(input, { ...init, headers }))
    },
  )
}

/** `fetch` itself makes these five upper-case, so the server never sees another form. */
function fetchMethod(method: string): string {
  return /^(delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method
}
