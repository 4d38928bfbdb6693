import type { Attributes, Span } from '@opentelemetry/api'
import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http'
import type { InstrumentationConfig } from '@opentelemetry/instrumentation'
import type { UndiciInstrumentationConfig } from '@opentelemetry/instrumentation-undici'
import { ATTR_URL_FULL, ATTR_USER_AGENT_ORIGINAL } from '@opentelemetry/semantic-conventions'
import { ServerResponse, type RequestOptions } from 'node:http'
import { announceOutgoingUrl } from '../../internal/http/outgoing-request.js'
import { StreamAnswer } from '../http2/stream-answer.js'
import type { CapturedHeaders } from './request-options.js'
import { ignoresHosts, ignoresPaths, isIgnoredHost, isIgnoredPath } from '../../internal/http/ignored-requests.js'
import { isOwnRequest } from '../../internal/http/own-requests.js'
import { isOfOtherTracer } from '../other-tracers.js'

/** Called with the span of a request and its response, before the app sees either. Must not throw. */
export type ResponseHook = (span: Span, response: ServerResponse | StreamAnswer) => void

/** What we want to know of requests. */
interface HttpHooks {
  readonly onResponse?: ResponseHook | undefined
  readonly captureHeaders?: CapturedHeaders | undefined
}

/** The configuration with our hooks in it; hooks that it has already run as well. */
export function withHttpHooks(name: string, config: InstrumentationConfig, hooks: HttpHooks): InstrumentationConfig {
  if (name === 'http') return hookedHttp(config, hooks)
  if (name === 'undici') return hookedUndici(config, hooks)
  return config
}

/** Our tracer redacts URLs, of all spans alike. Upstream writes a query in which it has replaced something anew. */
export const NOTHING_REDACTED: string[] = []

function hookedHttp(
  config: HttpInstrumentationConfig,
  { onResponse, captureHeaders: { server, client } = {} }: HttpHooks,
): InstrumentationConfig {
  const hooked: HttpInstrumentationConfig = {
    redactedQueryParams: NOTHING_REDACTED,
    redactedQueryParamsServer: NOTHING_REDACTED,
    ...config,
    ...hookForPaths(config),
    ...hookForHosts(config),
    startOutgoingSpanHook(request) {
      announceOutgoingUrl(() => urlOf(request))
      const attributes = userAgentOf(request)
      if (!config.redactedQueryParams) addWholeUrl(attributes, request)
      return Object.assign(attributes, config.startOutgoingSpanHook?.(request))
    },
  }
  const ofServer = headersOf(server, config.headersToSpanAttributes?.server)
  const ofClient = headersOf(client, config.headersToSpanAttributes?.client)
  if (ofServer ?? ofClient) {
    hooked.headersToSpanAttributes = { ...(ofServer && { server: ofServer }), ...(ofClient && { client: ofClient }) }
  }
  if (onResponse) {
    hooked.responseHook = (span, response) => {
      // The same hook is for responses that come in.
      if (response instanceof ServerResponse || response instanceof StreamAnswer) onResponse(span, response)
      config.responseHook?.(span, response)
    }
  }
  return hooked
}

function hookedUndici(
  config: UndiciInstrumentationConfig,
  { captureHeaders: { client } = {} }: HttpHooks,
): InstrumentationConfig {
  const headers = headersOf(client, config.headersToSpanAttributes)
  const hooked: UndiciInstrumentationConfig = {
    ...config,
    ...hookForUndiciHosts(config),
    ...(headers && { headersToSpanAttributes: headers }),
  }
  return hooked
}

interface Headers {
  requestHeaders?: string[]
  responseHeaders?: string[]
}

/** Those of the instrumentation's own options win. */
function headersOf(named: CapturedHeaders['client'], own: Headers | undefined): Headers | undefined {
  if (!named?.request && !named?.response) return own
  return {
    ...(named.request && { requestHeaders: [...named.request] }),
    ...(named.response && { responseHeaders: [...named.response] }),
    ...own,
  }
}

/** A query, or credentials: of a proxied request the path is a whole URL. */
const HAS_QUERY_OR_USER = /[?@]/

/** Upstream takes what is a whole URL for a path. */
function addWholeUrl(attributes: Attributes, request: RequestOptions): void {
  if (!HAS_QUERY_OR_USER.test(request.path ?? '')) return
  const url = URL.parse(urlOf(request))
  if (!url) return
  if (request.auth) url.username = 'redacted'
  attributes[ATTR_URL_FULL] = url.href
}

/** Upstream looks for it in lower case only. */
function userAgentOf({ headers }: RequestOptions): Attributes {
  for (const name of Object.keys(headers ?? {})) {
    if (name.length !== 10 || name.toLowerCase() !== 'user-agent') continue
    const value: unknown = (headers as Readonly<Record<string, unknown>>)[name]
    if (typeof value === 'string') return { [ATTR_USER_AGENT_ORIGINAL]: value }
  }
  return {}
}

/** As Node puts it together from the options. To a proxy the path is the whole URL. */
function urlOf({ protocol, host, hostname, port, path }: RequestOptions): string {
  if (path != null && URL.canParse(path)) return path
  const scheme = protocol ?? 'http:'
  const isDefaultPort = port == null || Number(port) === (scheme === 'https:' ? 443 : 80)
  const authority = hostname ?? host ?? 'localhost'
  return `${scheme}//${authority}${isDefaultPort || /:\d+$/.test(authority) ? '' : `:${port}`}${path ?? '/'}`
}

type IncomingHook = NonNullable<HttpInstrumentationConfig['ignoreIncomingRequestHook']>

/** Hooks that look at nothing but the path of a request. */
const ofPathsAlone = new WeakSet<IncomingHook>()

/** A hook for `ignorePaths`, where there are any; after it the app's own. */
function hookForPaths({
  ignoreIncomingRequestHook: own,
}: HttpInstrumentationConfig): Pick<HttpInstrumentationConfig, 'ignoreIncomingRequestHook'> {
  if (!ignoresPaths()) return {}
  const hook: IncomingHook = (request) => isIgnoredPath(request.url) || (own?.(request) ?? false)
  if (!own) ofPathsAlone.add(hook)
  return { ignoreIncomingRequestHook: hook }
}

export function isOfPathsAlone(hook: unknown): boolean {
  return ofPathsAlone.has(hook as IncomingHook)
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** A hook for our own and other tracers' own requests, and for `ignoreOutgoingHosts`; after it the app's own. */
function hookForHosts({
  ignoreOutgoingRequestHook: own,
}: HttpInstrumentationConfig): Pick<HttpInstrumentationConfig, 'ignoreOutgoingRequestHook'> {
  const isToIgnoredHost = ({ hostname, host, protocol, port: given }: RequestOptions): boolean => {
    const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(hostname ?? host ?? 'localhost') ?? []
    return isIgnoredHost(name, given ?? port ?? DEFAULT_PORTS[protocol ?? 'http:'] ?? 80)
  }
  return {
    ignoreOutgoingRequestHook: (request) =>
      isOwnRequest() ||
      isOfOtherTracer(request) ||
      (ignoresHosts() && isToIgnoredHost(request)) ||
      (own?.(request) ?? false),
  }
}

/** The same for undici and `fetch`. */
function hookForUndiciHosts({
  ignoreRequestHook: own,
}: UndiciInstrumentationConfig): Pick<UndiciInstrumentationConfig, 'ignoreRequestHook'> {
  const isToIgnoredHost = (origin: string): boolean => {
    const url = URL.parse(origin)
    return url !== null && isIgnoredHost(url.hostname, url.port || (DEFAULT_PORTS[url.protocol] ?? 80))
  }
  return {
    ignoreRequestHook: (request) =>
      isOwnRequest() || (ignoresHosts() && isToIgnoredHost(request.origin)) || (own?.(request) ?? false),
  }
}
