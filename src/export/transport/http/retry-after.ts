import type { IncomingHttpHeaders } from 'node:http'

/**
 * When the server wants to be asked again, by its `Retry-After`: seconds, or a date. The date is read by the server's own
 * clock, so that it does not matter whether ours goes right.
 */
export function retryAfterMillis(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['retry-after']?.trim()
  if (value === undefined) return undefined
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1_000
  const millis = Date.parse(value) - Date.parse(headers.date ?? '')
  return Number.isNaN(millis) ? undefined : Math.max(0, millis)
}
