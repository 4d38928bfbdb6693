import { forwardedOf, textOf, type RequestHeaders } from '../middleware/server-span/forwarded.js'
import type { IncomingRequest } from '../middleware/server-span/incoming-request.js'

/** An HTTP request that has come to AWS Lambda as an event. */
export interface LambdaHttpRequest {
  readonly request: IncomingRequest
  /** The route in API Gateway; load balancers and function URLs have none. */
  readonly route: string | undefined
  /** Without a `statusCode` in the result, these formats answer 200. */
  readonly answers200: boolean
}

/** What the events of API Gateway (payload formats 1.0 and 2.0), function URLs and load balancers have. */
export interface LambdaHttpEvent {
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
  const forwarded = forwardedOf(headers)
  return {
    request: {
      method,
      scheme: forwarded.scheme ?? 'https',
      target: (event.rawPath ?? event.path ?? '/') + queryOf(event),
      host: forwarded.host ?? textOf(headers.host) ?? requestContext.domainName,
      // API Gateway says itself who has called it.
      clientAddress: http?.sourceIp ?? requestContext.identity?.sourceIp ?? forwarded.clientAddress,
      protocolVersion: /^HTTP\/(1\.[01]|[23])/.exec(http?.protocol ?? requestContext.protocol ?? '')?.[1],
      userAgent: textOf(headers['user-agent']),
      carrier: headers,
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
