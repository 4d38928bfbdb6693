/** The URL as it may be shown: credentials and the values of secret query parameters are replaced, nothing else is. */
export function redactedUrl(url: URL): string {
  const credentials = url.username === '' && url.password === '' ? '' : `${REDACTED}:${REDACTED}@`
  const authority = url.host === '' ? '' : `//${credentials}${url.host}`
  return `${url.protocol}${authority}${url.pathname}${redactedQuery(url.search)}${url.hash}`
}

/** Semantic conventions, `url.full`: what stands in for a secret. */
const REDACTED = 'REDACTED'

/** The query parameters that carry signatures and keys. Case-sensitive. All servers and clients redact by this list. */
export const SECRET_QUERY_PARAMETERS: string[] = [
  'AWSAccessKeyId',
  'Signature',
  'sig',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Goog-Signature',
]

const SECRET_PARAMETERS: ReadonlySet<string> = new Set(SECRET_QUERY_PARAMETERS)

/**
 * A query, with its `?`, as it may be shown: the values of secret parameters are replaced. Pair by pair, so that the rest
 * keeps its own encoding.
 */
export function redactedQuery(search: string): string {
  if (search.length < 2) return search
  const pairs = search.slice(1).split('&')
  return `?${pairs.map(redactedPair).join('&')}`
}

function redactedPair(pair: string): string {
  const end = pair.indexOf('=')
  if (end === -1) return pair
  const key = pair.slice(0, end)
  return SECRET_PARAMETERS.has(decoded(key)) ? `${key}=${REDACTED}` : pair
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
