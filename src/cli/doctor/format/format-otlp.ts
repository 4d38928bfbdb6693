import { grpcOptions } from '../../../export/transport/grpc/grpc-options.js'
import { httpOptions } from '../../../export/transport/http/http-options.js'
import type { OtlpSettings } from '../../../export/pipeline/otlp-settings.js'
import { readEnv } from '../../../internal/runtime/env.js'
import { headerNames } from '../settings/masking.js'

/**
 * The connection by the names that config/provenance.ts knows, read from the variables as the SDK reads them; without what
 * is not set and has no default.
 */
export function connectionInWords(otlp: OtlpSettings, endpoint: string): Record<string, string> {
  const { protocol, connection } = otlp
  const tls = connection?.tls ?? {}
  const headers = connection ? Object.keys(connection.headers).join(',') : (variable('HEADERS') ?? '')
  const words: Record<string, string | undefined> = {
    protocol,
    endpoint,
    headers: headerNames(headers),
    ...timeoutAndCompression(otlp),
    certificate: connection ? tls.caFile : variable('CERTIFICATE'),
    'client certificate': connection ? tls.certFile : variable('CLIENT_CERTIFICATE'),
    'client key': connection ? tls.keyFile : variable('CLIENT_KEY'),
    insecure: connection ? undefined : variable('INSECURE'),
  }
  return Object.fromEntries(Object.entries(words).flatMap(([name, value]) => (value ? [[name, value]] : [])))
}

const variable = (name: string): string | undefined =>
  readEnv(`OTEL_EXPORTER_OTLP_TRACES_${name}`) ?? readEnv(`OTEL_EXPORTER_OTLP_${name}`)

function timeoutAndCompression(otlp: OtlpSettings): Record<string, string> {
  try {
    const { options } = otlp.protocol === 'grpc' ? grpcOptions(otlp) : httpOptions(otlp)
    return { timeout: `${options.timeoutMillis} ms`, compression: options.compression }
  } catch {
    // What can't be used is in the words of the test span.
    return {}
  }
}
