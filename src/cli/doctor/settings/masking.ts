import { redactor, redactUrls, secretsOfHeader, type Redact } from '../../../internal/diagnostics/redact.js'

/**
 * Hides the values of OTLP headers wherever they turn up, and what lets somebody in by a URL: user, password and query.
 *
 * @param headers texts such as those of OTEL_EXPORTER_OTLP_HEADERS
 */
export function maskOf(headers: readonly string[]): Redact {
  const values = headers.flatMap((text) => text.split(',')).map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
  const redact = redactor(values.flatMap(secretsOfHeader))
  return (text) => redactUrls(redact(text))
}
