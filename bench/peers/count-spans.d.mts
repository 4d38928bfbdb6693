import type { IncomingHttpHeaders } from 'node:http'

export interface Body {
  kind: 'otlp' | 'datadog' | 'elastic' | 'sentry'
  headers: IncomingHttpHeaders
  chunks: readonly Uint8Array[]
}
export function countSpans(bodies: readonly Body[]): number
