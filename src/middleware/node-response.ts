import type { ResponseHeaders } from '../propagation/response-headers.js'
import { textOf } from './forwarded.js'

/** What we use of Node's `ServerResponse`, of HTTP/1 and HTTP/2. */
export interface NodeResponse {
  readonly statusCode: number
  readonly headersSent: boolean
  getHeader(name: string): number | string | readonly string[] | undefined
  setHeader(name: string, value: string): unknown
  prependListener(event: 'finish' | 'close', listener: () => void): unknown
  removeListener(event: 'finish' | 'close', listener: () => void): unknown
}

/**
 * Calls back once, with the status, when the response has been handed to the operating system; without one, when the client
 * has gone before. Before other listeners, so that what instrumentations do at the end finds what we have said.
 */
export function onResponseEnd(response: NodeResponse, listener: (statusCode: number | undefined) => void): void {
  const settle = (statusCode: number | undefined): void => {
    response.removeListener('finish', finish)
    response.removeListener('close', close)
    listener(statusCode)
  }
  const finish = (): void => settle(wasReset(response) ? undefined : response.statusCode)
  const close = (): void => settle(undefined)
  response.prependListener('finish', finish)
  response.prependListener('close', close)
}

/** Responses of HTTP/2 "finish" in any case when their stream closes. */
function wasReset(response: NodeResponse): boolean {
  return (response as { readonly stream?: { readonly aborted?: boolean } }).stream?.aborted === true
}

/**
 * Has the headers written now, and again when they are sent: frameworks drop headers for an error's response (Koa), or hand
 * over their own to `writeHead` at the end (Fastify, Hono).
 */
export function writeHeadersOf(response: NodeResponse, write: (headers: ResponseHeaders) => void): void {
  if (response.headersSent) return
  write(headersOf(response))
  const target = response as NodeResponse & { writeHead: (...args: unknown[]) => unknown }
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
function headersOf(response: NodeResponse, given: Record<string, unknown> = {}): ResponseHeaders {
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
  return Array.isArray(value) ? value.join(', ') : textOf(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
