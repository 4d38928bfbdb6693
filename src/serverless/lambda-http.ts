import type { Span } from '@opentelemetry/api'
import {
  requestOfHeaders,
  type IncomingRequest,
  type RequestHeaders,
} from '../middleware/server-span/incoming-request.js'
import { writeTraceResponseHeaders, type TraceResponseHeader } from '../propagation/response-headers.js'

/** An HTTP request that has come to AWS Lambda as an event. */
export interface LambdaHttpRequest {
  readonly request: IncomingRequest
  /** The route in API Gateway; load balancers and function URLs have none. */
  readonly route: string | undefined
  /** Without a `statusCode` in the result, these formats answer 200. */
  readonly answers200: boolean
}

/** What the events of API Gateway (payload formats 1.0 and 2.0), function URLs and load balancers have. */
interface LambdaHttpEvent {
  readonly httpMethod?: string
  readonly path?: string
  readonly resource?: string
  readonly routeKey?: string
  readonly rawPath?: string
  readonly rawQueryString?: string
  readonly headers?: Readonly<Record<string, string | undefined>> | null
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[] | undefined>> | null
  readonly requestContext?: {
    readonly elb?: object
    readonly domainName?: string
    readonly protocol?: string
    readonly identity?: { readonly sourceIp?: string }
    readonly http?: {
      readonly method?: string
      readonly path?: string
      readonly protocol?: string
      readonly sourceIp?: string
    }
  }
}

/** Undefined when the event is something else. */
export function lambdaHttpRequest(event: LambdaHttpEvent): LambdaHttpRequest | undefined {
  const { requestContext } = event
  const http = requestContext?.http
  const method = http?.method ?? event.httpMethod
  if (requestContext === undefined || typeof method !== 'string') return undefined
  const headers = headersOf(event)
  const byHeaders = requestOfHeaders(headers, { scheme: 'https', host: requestContext.domainName })
  return {
    request: {
      method,
      target: (event.rawPath ?? event.path ?? '/') + queryOf(event),
      protocolVersion: /^HTTP\/(1\.[01]|[23])/.exec(http?.protocol ?? requestContext.protocol ?? '')?.[1],
      ...byHeaders,
      // API Gateway itself knows who has called it.
      clientAddress: http?.sourceIp ?? requestContext.identity?.sourceIp ?? byHeaders.clientAddress,
    },
    route: http === undefined ? event.resource : routeOf(event.routeKey),
    answers200: http !== undefined,
  }
}

/** `GET /pets/{id}`, `ANY /pets`; `$default` is none. */
function routeOf(routeKey: string | undefined): string | undefined {
  return /^\S+ (\/.*)$/.exec(routeKey ?? '')?.[1]
}

function headersOf({ headers, multiValueHeaders }: LambdaHttpEvent): RequestHeaders {
  const entries = Object.entries({ ...multiValueHeaders, ...headers })
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]))
}

/** API Gateway has decoded them, load balancers have not. */
function queryOf(event: LambdaHttpEvent): string {
  if (event.rawQueryString !== undefined) return event.rawQueryString === '' ? '' : `?${event.rawQueryString}`
  const written = event.requestContext?.elb ? String : encodeURIComponent
  const pairs = Object.entries(event.multiValueQueryStringParameters ?? event.queryStringParameters ?? {}).flatMap(
    ([name, values]) => [values ?? ''].flat().map((value) => `${written(name)}=${written(String(value))}`),
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

interface HttpResult {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, unknown>>
  readonly multiValueHeaders?: Readonly<Record<string, unknown>>
}

/** The status of the answer; undefined where the result has none. */
export function statusOf(result: unknown): number | undefined {
  const { statusCode } = (result ?? {}) as { readonly statusCode?: unknown }
  const status = typeof statusCode === 'string' ? Number(statusCode) : statusCode
  return Number.isInteger(status) ? (status as number) : undefined
}

/** A copy with the headers, or the result itself where there are none to write. */
export function withTraceHeaders(result: unknown, span: Span, names: readonly TraceResponseHeader[]): unknown {
  if (names.length === 0 || typeof result !== 'object' || statusOf(result) === undefined) return result
  const { headers, multiValueHeaders } = result as HttpResult
  // Load balancers with multi-value headers look at nothing else.
  const key = headers === undefined && multiValueHeaders !== undefined ? 'multiValueHeaders' : 'headers'
  const copy: Record<string, unknown> = { ...(key === 'headers' ? headers : multiValueHeaders) }
  const keyOf = (name: string): string => Object.keys(copy).find((one) => one.toLowerCase() === name) ?? name
  writeTraceResponseHeaders(
    {
      get(name) {
        const value = copy[keyOf(name)]
        return value === undefined ? undefined : [value].flat().map(String).join(', ')
      },
      set(name, value) {
        copy[keyOf(name)] = key === 'headers' ? value : [value]
      },
    },
    span.spanContext(),
    names,
  )
  return { ...result, [key]: copy }
}
