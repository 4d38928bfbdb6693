import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { environmentProxies, followsEnvironmentProxies } from '../../internal/runtime/env.js'

/** The proxies by which OTLP over HTTP goes; none unless Node.js is set to follow those of the environment, and can. */
export function proxiesToFollow(): Readonly<Record<string, string>> {
  const proxies = followsEnvironmentProxies() ? environmentProxies() : {}
  if (proxies.HTTP_PROXY === undefined && proxies.HTTPS_PROXY === undefined) return {}
  // Agents have the option in those versions that have the flag.
  if (process.allowedNodeEnvironmentFlags.has('--use-env-proxy')) return proxies
  warnOnce(
    'environment proxies',
    `OTLP over HTTP does not use the proxy of the environment: that needs Node.js 22.21 or 24.5, this is ${process.version}. ` +
      'OTLP over gRPC does (OTEL_EXPORTER_OTLP_PROTOCOL=grpc)',
  )
  return {}
}
