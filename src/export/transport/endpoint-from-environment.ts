import type { SignalNames } from '../pipeline/signal.js'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { readEnv, withoutEnv } from '../../internal/runtime/env.js'
import { withUsableHeaders } from './usable-headers.js'

/** What OpenTelemetry made of its variables, and the endpoint that it found there. */
export interface Resolved<T> {
  readonly options: T
  readonly url: string
}

/**
 * Has OpenTelemetry read the OTEL_EXPORTER_OTLP_* variables. Over HTTP it passes over some wrong endpoints and fails with
 * others at each request, over gRPC it throws. Here they end alike: told once, and the default endpoint is used.
 *
 * @param resolve reads the variables; throws where the endpoint in them, which it is given, can't be used.
 */
export function resolveFromEnvironment<T>(
  { variable }: SignalNames,
  defaultUrl: string,
  resolve: (url: string) => T,
): Resolved<T> {
  return withUsableHeaders(variable, () => resolveEndpoint(variable, defaultUrl, resolve))
}

function resolveEndpoint<T>(
  variable: SignalNames['variable'],
  defaultUrl: string,
  resolve: (url: string) => T,
): Resolved<T> {
  const url = readEnv(`OTEL_EXPORTER_OTLP_${variable}_ENDPOINT`) ?? readEnv('OTEL_EXPORTER_OTLP_ENDPOINT') ?? defaultUrl
  try {
    return { options: resolve(url), url }
  } catch (error) {
    warnOnce('OTLP endpoint', `OTEL_EXPORTER_OTLP_ENDPOINT: ${messageOf(error)}; the default endpoint is used`)
    const options = withoutEnv(new RegExp(`^OTEL_EXPORTER_OTLP_(${variable}_)?ENDPOINT$`), () => resolve(defaultUrl))
    return { options, url: defaultUrl }
  }
}
