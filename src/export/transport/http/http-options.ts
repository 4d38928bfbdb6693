/* eslint-disable @typescript-eslint/no-deprecated -- OpenTelemetry offers no other way to its settings. */
import * as nodeHttp from '@opentelemetry/otlp-exporter-base/node-http'
import { withoutEnv } from '../../../internal/runtime/env.js'
import type { OtlpConnection, OtlpSettings } from '../../pipeline/otlp-settings.js'
import { SIGNALS } from '../../pipeline/signal.js'
import { readCertificates } from '../certificate-files.js'
import { resolveFromEnvironment, type Resolved } from '../endpoint-from-environment.js'

type HttpOptions = ReturnType<typeof nodeHttp.convertLegacyHttpOptions>
type HttpConfig = Parameters<typeof nodeHttp.convertLegacyHttpOptions>[0]

const DEFAULT_BASE_URL = 'http://localhost:4318'

/**
 * URL, headers, certificates, compression and timeout, as OpenTelemetry's exporters would have them.
 *
 * @throws where a configuration file names what can't be used.
 */
export function httpOptions({ signal = 'traces', protocol, connection }: OtlpSettings): Resolved<HttpOptions> {
  const names = SIGNALS[signal]
  const contentType = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf'
  const convert = (config: HttpConfig): HttpOptions =>
    nodeHttp.convertLegacyHttpOptions(config, names.variable, names.path, { 'Content-Type': contentType })
  if (connection) {
    if (connection.url !== undefined) checkUrl(connection.url)
    // What is left out would be filled from the environment, and a configuration file speaks alone.
    const options = withoutEnv(/^OTEL_EXPORTER_OTLP_/, () => convert(configOf(connection)))
    return { options, url: options.url }
  }
  const { options } = resolveFromEnvironment(names, `${DEFAULT_BASE_URL}/${names.path}`, (url) => {
    checkUrl(url)
    return convert({})
  })
  return { options, url: options.url }
}

function configOf({ url, headers, compression, timeoutMillis, tls }: OtlpConnection): HttpConfig {
  return {
    headers: { ...headers },
    compression: compression as never,
    ...(url !== undefined && { url }),
    ...(timeoutMillis !== undefined && { timeoutMillis }),
    httpAgentOptions: { keepAlive: true, ...readCertificates(tls) },
  }
}

/** `localhost:4318` is a URL too, whose scheme is `localhost:`. */
function checkUrl(url: string): void {
  const { protocol } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:') throw new Error('it must begin with http:// or https://')
}
