import type { ResponseHeaders } from './response-headers.js'

/** What is used of Node's `ServerResponse`, of HTTP/1 and HTTP/2. */
export interface WritableResponse {
  readonly headersSent: boolean
  getHeader(name: string): number | string | readonly string[] | undefined
  setHeader(name: string, value: string): unknown
}

/**
 * Has the headers written now, and again when they are sent: frameworks drop headers for an error's response (Koa), or hand
 * over their own to `writeHead` at the end (Fastify, Hono).
 */
export function writeHeadersOf(response: WritableResponse, write: (headers: ResponseHeaders) => void): void {
  if (response.headersSent) return
  write(headersOf(response))
  const target = response as WritableResponse & { writeHead: (...args: unknown[]) => unknown }
  const original = target.writeHead
  if (typeof original !== 'function') return
  target.writeHead = function (this: unknown, ...args: unknown[]): unknown {
    const last = args.length - 1
    if (!response.headersSent) {
      const given = args[last]
      if (isRecord(given)) write(headersOf(response, (args[last] = { ...given })))
      else if (!Array.isArray(given)) write(headersOf(response))
    }
    return original.apply(this, args)
  }
}

/** Headers of a `writeHead` call win over those that were set before; so they are read, and written, first. */
function headersOf(response: WritableResponse, given: Record<string, unknown> = {}): ResponseHeaders {
  const keyOf = (name: string): string | undefined => Object.keys(given).find((key) => key.toLowerCase() === name)
  return {
    get(name) {
      const key = keyOf(name)
      return joined(key === undefined ? response.getHeader(name) : given[key])
    },
    set(name, value) {
      const key = keyOf(name)
      if (key !== undefined) given[key] = value
      else response.setHeader(name, value)
    },
  }
}

function joined(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
