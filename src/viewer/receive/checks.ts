import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { GRPC, Refusal } from './refusal.js'

/** Who may send. */
export interface AccessRules {
  /** Names besides those of this machine's loopback that a request may be addressed to (`--allow-host`). */
  readonly allowedHosts?: readonly string[]
  /** Origins besides those of this machine whose pages may send spans (`--allow-origin`). */
  readonly allowedOrigins?: readonly string[]
  /** What every request has to carry, where it is given (`--token`). */
  readonly token?: string | undefined
  /** Whether addresses of other machines are right, too: where it listens on more than loopback. */
  readonly isOpenToNetwork?: boolean
}

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * A page of another site can have its own name point at 127.0.0.1 (DNS rebinding), and would be of the same origin as the
 * viewer then. The name is what gives it away.
 */
export function checkHost(host: string | undefined, rules: AccessRules): void {
  if (host === undefined || !isAllowedHost(host, rules)) {
    const name = host === undefined ? 'none' : host.slice(0, 100)
    throw new Refusal(`the request is for the host ${name}, which is not this viewer: --allow-host adds a name`, {
      http: 421,
      grpc: GRPC.permissionDenied,
    })
  }
}

export function isAllowedHost(host: string, { allowedHosts = [], isOpenToNetwork = false }: AccessRules): boolean {
  const name = hostName(host)
  if (name === undefined) return false
  if (LOOPBACK_NAMES.has(name) || allowedHosts.some((allowed) => allowed.toLowerCase() === name)) return true
  // An address is no name that somebody else could point elsewhere.
  return isOpenToNetwork && isIP(name.replace(/^\[|\]$/g, '')) !== 0
}

/** Without the port, in lower case. */
function hostName(host: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^\s:/@\\[\]]+)(:\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase().replace(/\.$/, '')
}

/** Pages of this machine may send spans, whatever their port; those of other sites may not. */
export function checkOrigin(origin: string | undefined, rules: AccessRules): void {
  if (origin !== undefined && !isAllowedOrigin(origin, rules)) {
    throw new Refusal(`the origin ${origin.slice(0, 100)} is not of this machine: --allow-origin adds one`, {
      http: 403,
      grpc: GRPC.permissionDenied,
    })
  }
}

export function isAllowedOrigin(origin: string, { allowedOrigins = [] }: AccessRules): boolean {
  if (allowedOrigins.includes(origin)) return true
  if (!URL.canParse(origin)) return false
  const { protocol, hostname } = new URL(origin)
  return (protocol === 'http:' || protocol === 'https:') && LOOPBACK_NAMES.has(hostname)
}

export function checkToken(headers: IncomingHttpHeaders, { token }: AccessRules): void {
  if (token === undefined || isToken(bearerOf(headers), token)) return
  throw new Refusal('the token is missing or wrong: send the header "authorization: Bearer TOKEN"', {
    http: 401,
    grpc: GRPC.unauthenticated,
  })
}

function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  return /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
}

/** In a time that says nothing about how much of it is right. */
export function isToken(given: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}
