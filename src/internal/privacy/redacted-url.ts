import { isSecretName, REDACTED } from './secret-names.js'

/**
 * A URL as it may be shown, whole or from its path on: credentials, the values of secret parameters, and `;jsessionid=…` in the
 * path are replaced, nothing else is.
 */
export function redactedUrl(url: string): string {
  const hashAt = url.indexOf('#')
  const withoutHash = hashAt === -1 ? url : url.slice(0, hashAt)
  const queryAt = withoutHash.indexOf('?')
  const beforeQuery = queryAt === -1 ? withoutHash : withoutHash.slice(0, queryAt)
  const query = queryAt === -1 ? '' : `?${redactedQuery(withoutHash.slice(queryAt + 1))}`
  // OAuth hands tokens over in the fragment, too.
  const hash = hashAt === -1 ? '' : `#${redactedQuery(url.slice(hashAt + 1))}`
  return `${redactedPath(withoutCredentials(beforeQuery))}${query}${hash}`
}

/** The path of a URL. */
export function redactedPath(path: string): string {
  if (!path.includes(';')) return path
  return path.replace(/;([^;/=]+)=[^;/]*/g, (whole, name: string) => (isSecret(name) ? `;${name}=${REDACTED}` : whole))
}

/** A query, with its `?` or without. Pair by pair, so that the rest keeps its own encoding. */
export function redactedQuery(query: string): string {
  if (!query.includes('=')) return query
  const start = query.startsWith('?') ? '?' : ''
  return `${start}${query.slice(start.length).split('&').map(redactedPair).join('&')}`
}

function redactedPair(pair: string): string {
  const end = pair.indexOf('=')
  if (end === -1) return pair
  const name = pair.slice(0, end)
  return isSecret(name) || holdsSecret(pair.slice(end + 1)) ? `${name}=${REDACTED}` : pair
}

function isSecret(name: string): boolean {
  return isSecretName(name.includes('%') ? decoded(name) : name)
}

/** A URL in the value, to go on to after a login: `next=%2Fcallback%3Fcode%3Dabc`. */
function holdsSecret(value: string): boolean {
  if (!/%3d|=/i.test(value)) return false
  const inner = decoded(value)
  return inner !== value ? redactedUrl(inner) !== inner : false
}

function withoutCredentials(url: string): string {
  const scheme = url.indexOf('://')
  if (scheme === -1) return url
  const pathAt = url.indexOf('/', scheme + 3)
  const authority = url.slice(scheme + 3, pathAt === -1 ? undefined : pathAt)
  const at = authority.lastIndexOf('@')
  if (at === -1) return url
  return `${url.slice(0, scheme + 3)}${REDACTED}:${REDACTED}${authority.slice(at)}${pathAt === -1 ? '' : url.slice(pathAt)}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
