const REDACTED = 'REDACTED'

/** Semantic conventions, `url.full`: the query parameters that carry signatures and keys. Case-sensitive. */
const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  'AWSAccessKeyId',
  'Signature',
  'sig',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Goog-Signature',
])

/** The URL as it may be shown: credentials and the values of secret query parameters are replaced, nothing else is. */
export function redactedUrl(url: URL): string {
  const credentials = url.username === '' && url.password === '' ? '' : `${REDACTED}:${REDACTED}@`
  const authority = url.host === '' ? '' : `//${credentials}${url.host}`
  return `${url.protocol}${authority}${url.pathname}${redactedQuery(url.search)}${url.hash}`
}

/** Pair by pair, so that the rest of the query keeps its own encoding. */
function redactedQuery(search: string): string {
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
