import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * What every answer says. Nothing inline runs, nothing is loaded from or sent to another origin, and no other page may frame
 * this one or read it.
 */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

export function setSecurityHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
}

/** Why a request is refused, or `undefined`. */
export type Refusal = string | undefined

/**
 * Requests of other sites are refused: browsers name where a request comes from in Sec-Fetch-Site, and older ones in Origin.
 * Tools such as curl send neither. A link from elsewhere may open the page, which holds no data by itself.
 */
export function refusalOf(request: IncomingMessage, isData: boolean): Refusal {
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': destination, origin } = request.headers
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const opensPage = !isData && isRead && mode === 'navigate' && destination === 'document'
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !opensPage) {
    return `a request from another site (Sec-Fetch-Site: ${site})`
  }
  if (origin !== undefined && !isOwnOrigin(origin, request.headers.host)) return 'a request from another origin'
  // No form can send this type, so that a page elsewhere can change nothing even in a browser that names no site.
  if (!isRead && !/^application\/(json|octet-stream)\b/.test(request.headers['content-type'] ?? '')) {
    return 'content-type must be application/json or application/octet-stream'
  }
  return undefined
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host
}
