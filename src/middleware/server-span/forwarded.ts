/** The headers of a request, names in lower case, as Node has them. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** What proxies say of the client's request: RFC 7239's `Forwarded`, else the `X-Forwarded-…` that most of them send. */
export interface Forwarded {
  readonly clientAddress?: string | undefined
  readonly host?: string | undefined
  readonly scheme?: 'http' | 'https' | undefined
}

/** The first of several speaks for the client. It is the client's word too: what can't be an address is left out. */
export function forwardedOf(headers: RequestHeaders): Forwarded {
  const forwarded = textOf(headers.forwarded)
  const said = (parameter: string, header: string): string | undefined =>
    parameterOf(forwarded, parameter) ?? textOf(headers[header])?.split(',', 1)[0]?.trim()
  return {
    clientAddress: addressOf(said('for', 'x-forwarded-for')),
    host: said('host', 'x-forwarded-host'),
    scheme: schemeOf(said('proto', 'x-forwarded-proto')),
  }
}

/** The first value of a header, which may be there several times. */
export function textOf(header: unknown): string | undefined {
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
