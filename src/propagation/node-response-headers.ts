import { givenHeaders, type GivenHeaders } from './given-headers.js'
import type { ResponseHeaders } from './response-headers.js'

/** What is used of Node's `ServerResponse`, of HTTP/1 and HTTP/2. */
export interface WritableResponse {
  readonly headersSent: boolean
  getHeader(name: string): number | string | readonly string[] | undefined
  setHeader(name: string, value: string): unknown
  getHeaderNames?(): readonly string[]
}

/**
 * Has the headers written when they are sent: frameworks drop headers for an error's response (Koa), or hand over their own
 * to `writeHead` at the end (Fastify, Hono). What can send them without `writeHead` has them written now, too.
 */
export function writeHeadersOf(response: WritableResponse, write: (headers: ResponseHeaders) => void): void {
  if (response.headersSent) return
  const target = response as WritableResponse & { writeHead?: (...args: unknown[]) => unknown }
  const original = target.writeHead
  const isHttp2 = 'stream' in response
  if (isHttp2 || typeof original !== 'function') write(headersOf(response))
  if (typeof original !== 'function') return
  target.writeHead = function (this: unknown, ...args: unknown[]): unknown {
    if (!response.headersSent) {
      const last = args.length - 1
      const given = givenHeaders(args[last])
      if (given) args[last] = given.headers
      write(headersOf(response, given))
    }
    return original.apply(this, args)
  }
}

/**
 * Headers of a `writeHead` call win over those that were set before; so they are read, and written, first. Where none were set,
 * ours go to those of the call: Node.js then sends these as they stand, duplicates in their places.
 */
function headersOf(response: WritableResponse, given?: GivenHeaders): ResponseHeaders {
  const givenOf = (name: string): unknown[] => given?.valuesOf(name) ?? []
  return {
    get(name) {
      const values = givenOf(name)
      return joined(values.length > 0 ? values.flat() : response.getHeader(name))
    },
    set(name, value) {
      if (given && (givenOf(name).length > 0 || hasNoHeaders(response))) given.set(name, value)
      else response.setHeader(name, value)
    },
  }
}

const hasNoHeaders = (response: WritableResponse): boolean => response.getHeaderNames?.().length === 0

function joined(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}
