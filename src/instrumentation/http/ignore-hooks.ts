import type { HttpInstrumentationConfig } from '@opentelemetry/instrumentation-http'
import type { UndiciInstrumentationConfig } from '@opentelemetry/instrumentation-undici'
import { ignoresHosts, ignoresPaths, isIgnoredHost, isIgnoredPath } from '../../internal/http/ignored-requests.js'
import { isOwnRequest } from '../../internal/http/own-requests.js'
import { isOfOtherTracer } from '../other-tracers.js'

type IncomingHook = NonNullable<HttpInstrumentationConfig['ignoreIncomingRequestHook']>

/** Hooks that look at nothing but the path of a request. */
const ofPathsAlone = new WeakSet<IncomingHook>()

/** A hook for `ignorePaths`, where there are any; after it the app's own. */
export function hookForPaths({
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
export function hookForHosts({
  ignoreOutgoingRequestHook: own,
}: HttpInstrumentationConfig): Pick<HttpInstrumentationConfig, 'ignoreOutgoingRequestHook'> {
  return {
    ignoreOutgoingRequestHook(request) {
      if (isOwnRequest() || isOfOtherTracer(request)) return true
      if (!ignoresHosts()) return own?.(request) ?? false
      const { hostname, host, protocol } = request
      const [, name = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(hostname ?? host ?? 'localhost') ?? []
      const isIgnored = isIgnoredHost(name, request.port ?? port ?? DEFAULT_PORTS[protocol ?? 'http:'] ?? 80)
      return isIgnored || (own?.(request) ?? false)
    },
  }
}

/** The same for undici and `fetch`. */
export function hookForUndiciHosts({
  ignoreRequestHook: own,
}: UndiciInstrumentationConfig): Pick<UndiciInstrumentationConfig, 'ignoreRequestHook'> {
  return {
    ignoreRequestHook(request) {
      if (isOwnRequest()) return true
      if (!ignoresHosts()) return own?.(request) ?? false
      const url = URL.parse(request.origin)
      const isIgnored = url !== null && isIgnoredHost(url.hostname, url.port || (DEFAULT_PORTS[url.protocol] ?? 80))
      return isIgnored || (own?.(request) ?? false)
    },
  }
}
