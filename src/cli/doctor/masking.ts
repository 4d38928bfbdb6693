/** Takes out of a text what must not be shown. */
export type Mask = (text: string) => string

/** Shorter values would take ordinary words out of the texts, and are no secrets. */
const SHORTEST = 4

/**
 * Hides the values of OTLP headers wherever they turn up, and what lets somebody in by a URL: user, password and query.
 *
 * @param headers texts such as those of OTEL_EXPORTER_OTLP_HEADERS
 */
export function maskOf(headers: readonly string[]): Mask {
  const secrets = headers
    .flatMap((text) => text.split(','))
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    .flatMap((value) => [value, decoded(value)])
    .flatMap((value) => [value, value.replace(/^(bearer|basic|token|api-?key)\s+/i, '')])
    .filter((value) => value.length >= SHORTEST)
    .sort((a, b) => b.length - a.length)
  return (text) => {
    const masked = secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    return masked.replace(/(\w+:\/\/)[^\s/?#@"']*@/g, '$1***@').replace(/(\w+:\/\/[^\s?"']*)\?[^\s"']+/g, '$1?***')
  }
}

/** `a=***, b=***` */
export function headerNames(headers: string): string {
  const names = headers.split(',').map((pair) => pair.split('=')[0]?.trim() ?? '')
  return names
    .filter((name) => name !== '')
    .map((name) => `${name}=***`)
    .join(', ')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
