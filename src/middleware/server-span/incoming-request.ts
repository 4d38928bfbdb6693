import type { Attributes } from '@opentelemetry/api'
import { boundedAddressHeader } from '../../internal/http/address-headers.js'
import { normalizedMethod } from '../../internal/http/http-method.js'
import { redactedQuery } from '../../internal/privacy/known-secrets.js'
import { serverAttributes } from '../../internal/http/server-attributes.js'

/** What every framework knows of a request. */
export interface IncomingRequest {
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** Path and query, as they were asked for. */
  readonly target: string
  /** What the client asked for, `Host` or `:authority`, with or without a port. */
  readonly host?: string | undefined
  /** Who has sent it, behind proxies. */
  readonly clientAddress?: string | undefined
  readonly peerAddress?: string | undefined
  readonly peerPort?: number | undefined
  /** `1.1`, `2`, `3`. */
  readonly protocolVersion?: string | undefined
  readonly userAgent?: string | undefined
  /** The headers, in any shape that `extractTraceContext` reads. */
  readonly carrier: unknown
  /** Whether it was dispatched in this process, by no server: then it is part of what it was dispatched in. Default: no. */
  readonly isInProcess?: boolean | undefined
}

/** Semantic conventions for HTTP server spans. */
export function requestAttributes(request: IncomingRequest): Attributes {
  const { target } = request
  const queryAt = target.indexOf('?')
  const { hostname, port } = hostAndPort(request.host)
  const method = normalizedMethod(request.method)
  return serverAttributes({
    ...request,
    method,
    originalMethod: method === request.method ? undefined : request.method,
    path: queryAt === -1 ? target : target.slice(0, queryAt),
    query: queryAt === -1 ? '' : redactedQuery(target.slice(queryAt)).slice(1),
    serverAddress: hostname,
    serverPort: port,
  })
}

/** `example.org`, `example.org:8080`, `[::1]:8080`. The header is the client's: what it can't be is left out. */
function hostAndPort(host: string | undefined): { hostname?: string; port?: number } {
  const parts = /^(\[[0-9a-f:.]+\]|[^\s:/?#@]+)(?::(\d{1,5}))?$/i.exec(boundedAddressHeader(host ?? '') ?? '')
  if (!parts?.[1]) return {}
  const hostname = parts[1].replace(/^\[(.*)\]$/, '$1')
  const port = Number(parts[2] ?? NaN)
  return port <= 65_535 ? { hostname, port } : { hostname }
}

/** The headers of a request, names in lower case, as Node has them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** What proxies forward of the client's request: RFC 7239's `Forwarded`, else the `X-Forwarded-…` that most of them send. */
interface Forwarded {
  readonly clientAddress?: string | undefined
  readonly host?: string | undefined
  readonly scheme?: 'http' | 'https' | undefined
}

/** The first of several is the client's. The client may also have made it up: what can't be an address is left out. */
function forwardedOf(headers: RequestHeaders): Forwarded {
  const forwarded = boundedAddressHeader(textOf(headers.forwarded) ?? '')
  const first = (parameter: string, header: string): string | undefined =>
    parameterOf(forwarded, parameter) ?? textOf(headers[header])?.split(',', 1)[0]?.trim()
  return {
    clientAddress: addressOf(first('for', 'x-forwarded-for')),
    host: first('host', 'x-forwarded-host'),
    scheme: schemeOf(first('proto', 'x-forwarded-proto')),
  }
}

/** What is read from the headers of a request, and from its connection where they lack it. */
export function requestOfHeaders(
  headers: RequestHeaders,
  connection: Pick<IncomingRequest, 'scheme' | 'host' | 'clientAddress'>,
): Pick<IncomingRequest, 'scheme' | 'host' | 'clientAddress' | 'userAgent' | 'carrier'> {
  const forwarded = forwardedOf(headers)
  return {
    scheme: forwarded.scheme ?? connection.scheme,
    host: forwarded.host ?? textOf(headers[':authority']) ?? textOf(headers.host) ?? connection.host,
    clientAddress: forwarded.clientAddress ?? connection.clientAddress,
    userAgent: textOf(headers['user-agent']),
    carrier: headers,
  }
}

/** The first value of a header, which may be there several times. */
function textOf(header: unknown): string | undefined {
  const first: unknown = Array.isArray(header) ? header[0] : header
  return typeof first === 'string' && first !== '' ? first : undefined
}

/** `for=192.0.2.60;proto=http, for="[2001:db8::1]:4711"`: the first of this name. */
function parameterOf(forwarded: string | undefined, name: string): string | undefined {
  for (const pair of forwarded?.split(/[,;]/) ?? []) {
    const [key, value = ''] = pair.split('=', 2)
    if (key?.trim().toLowerCase() === name) return value.trim().replace(/^"(.*)"$/, '$1')
  }
  return undefined
}

/** An IP address, or a name that a proxy gives instead (`_hidden`), without its port. */
function addressOf(text: string | undefined): string | undefined {
  const parts = /^(?:\[([0-9a-f:.]{2,45})\]|([\w.-]{1,253}))(?::[\w-]{1,16})?$/i.exec(text ?? '')
  const address = parts?.[1] ?? parts?.[2] ?? (/^[0-9a-f:.]{2,45}$/i.test(text ?? '') ? text : undefined)
  return address?.toLowerCase() === 'unknown' ? undefined : address
}

function schemeOf(text: string | undefined): 'http' | 'https' | undefined {
  const scheme = text?.toLowerCase()
  return scheme === 'http' || scheme === 'https' ? scheme : undefined
}
