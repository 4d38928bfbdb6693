import { HTTP_REQUEST_METHOD_VALUE_OTHER } from '@opentelemetry/semantic-conventions'

const KNOWN_METHODS: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
])

/** Methods are case-sensitive, but many clients take any case; what is neither known is `_OTHER`. */
export function normalizedMethod(method: string): string {
  if (KNOWN_METHODS.has(method)) return method
  const upper = method.toUpperCase()
  return KNOWN_METHODS.has(upper) ? upper : HTTP_REQUEST_METHOD_VALUE_OTHER
}

/** Semantic conventions, "Name": a method that is not known is `HTTP` in a span's name, which must be one of few. */
export function methodInName(normalized: string): string {
  return normalized === HTTP_REQUEST_METHOD_VALUE_OTHER ? 'HTTP' : normalized
}
