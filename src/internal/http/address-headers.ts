import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** Headers that say where a request was sent to, and by whom; proxies add theirs to the lists. */
const ADDRESS_HEADERS = ['host', 'forwarded', 'x-forwarded-host', 'x-forwarded-for', 'x-forwarded-proto'] as const
const LONGEST = 1_024

/**
 * Of a header that is longer than a name, or than the list of any chain of proxies, the first entry of the list: that is the
 * client's. Undefined where that is too long as well. To parse 16 KB takes many times what the request does.
 */
export function boundedAddressHeader(text: string): string | undefined {
  if (text.length <= LONGEST) return text
  const comma = text.slice(0, LONGEST).indexOf(',')
  return comma > 0 ? text.slice(0, comma) : undefined
}

export function hasLongAddressHeader(headers: IncomingHttpHeaders): boolean {
  for (const name of ADDRESS_HEADERS) if ((headers[name]?.length ?? 0) > LONGEST) return true
  return false
}

type AddressHeader = (typeof ADDRESS_HEADERS)[number]

/** What was there, of requests whose headers are shortened at the moment. */
const shortened = new WeakMap<IncomingMessage, ReadonlyMap<AddressHeader, string>>()

/** Shortens such headers of a request while others read them. The app must not see it: `restoreAddressHeaders`, before it does. */
export function shortenAddressHeaders(request: IncomingMessage): void {
  const { headers } = request
  let before: Map<AddressHeader, string> | undefined
  for (const name of ADDRESS_HEADERS) {
    const text: unknown = headers[name]
    if (typeof text !== 'string' || text.length <= LONGEST) continue
    ;(before ??= new Map()).set(name, text)
    Object.assign(headers, { [name]: boundedAddressHeader(text) })
  }
  if (before) shortened.set(request, before)
}

export function restoreAddressHeaders(request: IncomingMessage): void {
  const before = shortened.get(request)
  if (!before) return
  Object.assign(request.headers, Object.fromEntries(before))
  shortened.delete(request)
}
