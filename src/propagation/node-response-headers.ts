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

/** Headers that an app hands to `writeHead`, in any shape that it takes: a copy, which can be added to. */
export interface GivenHeaders {
  /** All that there is of this name, which is in lower case. */
  valuesOf(name: string): unknown[]
  /** One in the place of all. */
  set(name: string, value: string): void
  /** To be handed on. */
  readonly headers: object
}

/** Undefined for what holds no headers. */
export function givenHeaders(headers: unknown): GivenHeaders | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined
  if (!Array.isArray(headers)) return inRecord({ ...headers })
  return Array.isArray(headers[0])
    ? inPairs(headers.map((pair: unknown[]) => [...pair]))
    : inTurns([...(headers as unknown[])])
}

const isNamed = (name: string, key: unknown): boolean => String(key).toLowerCase() === name

function inRecord(headers: Record<string, unknown>): GivenHeaders {
  const keysOf = (name: string): string[] => Object.keys(headers).filter((key) => isNamed(name, key))
  return {
    headers,
    valuesOf: (name) => keysOf(name).map((key) => headers[key]),
    set(name, value) {
      const [first = name, ...others] = keysOf(name)
      headers[first] = value
      for (const key of others) Reflect.deleteProperty(headers, key)
    },
  }
}

function inPairs(headers: unknown[][]): GivenHeaders {
  const of = (name: string): unknown[][] => headers.filter(([key]) => isNamed(name, key))
  return {
    headers,
    valuesOf: (name) => of(name).map(([, value]) => value),
    set(name, value) {
      const [first, ...others] = of(name)
      if (first) first[1] = value
      else headers.push([name, value])
      for (const other of others) headers.splice(headers.indexOf(other), 1)
    },
  }
}

/** Names and values in turn. */
function inTurns(headers: unknown[]): GivenHeaders {
  const indexesOf = (name: string): number[] =>
    [...headers.keys()].filter((index) => index % 2 === 0 && isNamed(name, headers[index]))
  return {
    headers,
    valuesOf: (name) => indexesOf(name).map((index) => headers[index + 1]),
    set(name, value) {
      const [first, ...others] = indexesOf(name)
      if (first === undefined) headers.push(name, value)
      else headers[first + 1] = value
      for (const index of others.toReversed()) headers.splice(index, 2)
    },
  }
}
