import type { IncomingHttpHeaders } from 'node:http'

/** Headers as one string each; HTTP/2's pseudo headers are left out. */
export function flatHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const named = Object.entries(headers).filter(([name, value]) => !name.startsWith(':') && value !== undefined)
  return Object.fromEntries(named.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : `${value}`]))
}

/** Whether an error only says that the client has gone. If a request was under way, that one tells of it. */
export function isConnectionLoss(error: Error & { code?: string }): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'HPE_INVALID_EOF_STATE'
}
