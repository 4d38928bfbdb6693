import { redactedQuery, REDACTED } from './redacted-query.js'

/** The URL as it may be shown: credentials and the values of secret query parameters are replaced, nothing else is. */
export function redactedUrl(url: URL): string {
  const credentials = url.username === '' && url.password === '' ? '' : `${REDACTED}:${REDACTED}@`
  const authority = url.host === '' ? '' : `//${credentials}${url.host}`
  return `${url.protocol}${authority}${url.pathname}${redactedQuery(url.search)}${url.hash}`
}
