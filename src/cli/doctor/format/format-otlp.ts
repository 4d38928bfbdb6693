import type { OtlpSettings } from '../../../export/pipeline/otlp-settings.js'

/** The connection by the names that config/provenance.ts knows; without what is not set and has no default. */
export function connectionInWords({ protocol, connection }: OtlpSettings, endpoint: string): Record<string, string> {
  const { headers, timeoutMillis, compression, tls, insecure } = connection
  const words: Record<string, string | undefined> = {
    protocol,
    endpoint,
    headers: Object.keys(headers)
      .map((name) => `${name}=***`)
      .join(', '),
    timeout: `${timeoutMillis} ms`,
    compression,
    certificate: tls.caFile,
    'client certificate': tls.certFile,
    'client key': tls.keyFile,
    insecure: insecure ? 'true' : undefined,
  }
  return Object.fromEntries(Object.entries(words).flatMap(([name, value]) => (value ? [[name, value]] : [])))
}
