import type { IncomingMessage, ServerResponse } from 'node:http'
import { isToken } from '../receive/checks.js'
import { sendJson } from './answers.js'

const COOKIE = 'spanwright-view'

/**
 * Whether a request may go on, where everything needs a token: as a header, or as the cookie that a page gets which is
 * opened with `?token=`. Has answered the request where not.
 */
export function mayPass(request: IncomingMessage, response: ServerResponse, token: string | undefined): boolean {
  if (token === undefined) return true
  const { authorization = '', cookie = '' } = request.headers
  const bearer = /^bearer +(\S+)$/i.exec(authorization)?.[1]
  const kept = new RegExp(`(?:^|; *)${COOKIE}=([^;]+)`).exec(cookie)?.[1]
  if (isToken(bearer ?? kept, token)) return true
  if (isReader(request) && isToken(tokenIn(request), token)) {
    // The address goes on without the token: it would stay in the browser's history, and in every link that is copied.
    response
      .writeHead(303, {
        location: withoutToken(request),
        'set-cookie': `${COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict`,
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
      })
      .end()
    return false
  }
  sendJson(response, { error: 'the token is missing: open the address that the command has printed' }, 401)
  return false
}

function isReader({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

function tokenIn(request: IncomingMessage): string | undefined {
  return urlOf(request).searchParams.get('token') ?? undefined
}

/** A path of this server: `//elsewhere` would be another one. */
function withoutToken(request: IncomingMessage): string {
  const { pathname, searchParams } = urlOf(request)
  searchParams.delete('token')
  const query = searchParams.toString()
  return `/${pathname.replace(/^\/+/, '')}${query === '' ? '' : `?${query}`}`
}

function urlOf({ url = '/' }: IncomingMessage): URL {
  return URL.parse(url, 'http://localhost') ?? new URL('http://localhost/')
}
