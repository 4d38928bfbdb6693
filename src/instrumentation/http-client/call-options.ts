import type { Attributes } from '@opentelemetry/api'
import {
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions'
import type { RequestOptions } from 'node:http'
import { normalizedMethod } from '../../internal/http/http-method.js'
import type { Scheme } from '../http/http-upstream.js'

/** A call of `http.request`, its URL, if it had one, in its options: as hooks get them, and Node.js. */
export interface Call {
  /** A copy. */
  readonly options: RequestOptions
  /** What comes after the options: the callback. */
  readonly rest: unknown[]
}

/** Undefined for what is no call that Node.js takes, which it will say itself. */
export function readCall(args: readonly unknown[]): Call | undefined {
  const [first, second] = args
  if (typeof first !== 'string' && !isUrl(first)) {
    if (typeof first !== 'object' || first === null || Array.isArray(first)) return undefined
    const { host } = first as RequestOptions
    return { options: { protocol: host ? 'http:' : undefined, ...first }, rest: args.slice(1) }
  }
  const options = typeof first === 'string' ? optionsOfText(first) : optionsOfUrl(first)
  if (!options) return undefined
  // With its options in the first place, Node.js looks for the callback in the second one.
  if (typeof second !== 'object' && second !== undefined) return { options, rest: args.slice(1) }
  return { options: Object.assign(options, second), rest: args.slice(2) }
}

type UrlLike = Pick<URL, 'protocol' | 'hostname' | 'port' | 'pathname' | 'search' | 'username' | 'password'>

/** What Node.js takes for one, of whichever class: not what `url.parse` returns. */
export function isUrl(value: unknown): value is UrlLike {
  const { href, protocol, auth, path } = (value ?? {}) as Record<string, unknown>
  return Boolean(href && protocol) && auth === undefined && path === undefined
}

/** Hooks have always got more of a URL that is a text. */
function optionsOfText(text: string): RequestOptions | undefined {
  const url = URL.parse(text)
  if (!url) return undefined
  const { hash, search, pathname, href, origin, host } = url
  return Object.assign(optionsOfUrl(url), { hash, search, pathname, href, origin, host })
}

function optionsOfUrl({ protocol, hostname, port, pathname, search, username, password }: UrlLike): RequestOptions {
  const options: RequestOptions = {
    protocol,
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    path: `${pathname}${search}`,
  }
  if (port !== '') options.port = Number(port)
  if (username || password) options.auth = `${decoded(username)}:${decoded(password)}`
  return options
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** In upstream's order and by its rules, except the port of an address in brackets. */
export function attributesOfCall(scheme: Scheme, options: RequestOptions): Attributes {
  const method = textOr(options.method, 'GET')
  const normalized = normalizedMethod(method)
  const { address, port } = serverOf(options)
  const attributes: Attributes = {
    [ATTR_HTTP_REQUEST_METHOD]: normalized,
    [ATTR_SERVER_ADDRESS]: address,
    [ATTR_SERVER_PORT]: Number(port),
    [ATTR_URL_FULL]: urlOf(options, `${scheme}:`),
    [ATTR_USER_AGENT_ORIGINAL]: headerOf(options, 'user-agent'),
  }
  if (method !== normalized) attributes[ATTR_HTTP_REQUEST_METHOD_ORIGINAL] = method
  return attributes
}

const textOr = (value: unknown, other: string): string => (typeof value === 'string' && value !== '' ? value : other)

const headerOf = ({ headers }: RequestOptions, name: string): string | undefined =>
  (headers as Readonly<Record<string, string>> | undefined)?.[name]

interface Server {
  readonly address: string
  readonly port: number | string
}

function serverOf({ hostname, host, port: given, protocol }: RequestOptions): Server {
  const ofDefault = protocol === 'https:' ? 443 : 80
  const isPort = (typeof given === 'number' || typeof given === 'string') && given !== '' && given !== 0
  const port = isPort ? given : undefined
  if (hostname && typeof hostname === 'string') return { address: hostname, port: port ?? portIn(host) ?? ofDefault }
  if (typeof host !== 'string' || host === '') return { address: 'localhost', port: port ?? ofDefault }
  if (!host.includes(':')) return { address: host, port: port ?? ofDefault }
  const [, address] = /^([^:/ ]+)/.exec(host) ?? []
  // Colons at its begin, or more than one, are an IPv6 address, which upstream cuts.
  if (address === undefined || host.indexOf(':') !== host.lastIndexOf(':')) return ofIpv6(host, port ?? ofDefault)
  return { address, port: port ?? portIn(host) ?? ofDefault }
}

function ofIpv6(host: string, port: number | string): Server {
  const [, address = host] = /^\[([^\]]*)\]/.exec(host) ?? []
  return { address, port }
}

const portIn = (host: unknown): string | undefined =>
  typeof host === 'string' ? /^[^:/ ]+:(\d{1,5})/.exec(host)?.[1] : undefined

/** Credentials are not shown. */
function urlOf(options: RequestOptions, ofModule: string): string {
  const { protocol, port, path, auth } = options
  let host = textOr(options.host, textOr(options.hostname, textOr(headerOf(options, 'host'), 'localhost')))
  if (isIpv6(host)) host = `[${host}]`
  const isShown = port && port !== '80' && port !== '443' && port !== 80 && port !== 443
  if (isShown && (!host.includes(':') || host.endsWith(']'))) host += `:${port}`
  return `${textOr(protocol, ofModule)}//${auth ? 'REDACTED:REDACTED@' : ''}${host}${textOr(path, '/')}`
}

const isIpv6 = (host: string): boolean => {
  const colon = host.indexOf(':')
  return colon !== -1 && host.includes(':', colon + 1) && !host.startsWith('[')
}
