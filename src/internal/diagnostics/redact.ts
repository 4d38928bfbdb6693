/** Replaces secrets by `***`. For text that is shown; never for text that anything is decided by. */
export type Redact = (text: string) => string

/** Shorter values are no secrets (a tenant's number, `on`), and stand in every other message. */
const SHORTEST = 4
/** Shorter values are replaced only where they are a word of their own: `shop` not in `workshop`. */
const SHORTEST_INSIDE_WORDS = 12

/** @param secrets as `secretsOfHeader` and `secretsOfUrl` give them; those that are too short to be secrets are left alone */
export function redactor(secrets: readonly string[]): Redact {
  const forms = [...new Set(secrets.flatMap(asSent))]
    .filter(({ length }) => length >= SHORTEST)
    // The longest first, so that no piece of one is left behind.
    .sort((a, b) => b.length - a.length)
    .map((secret) => (secret.length < SHORTEST_INSIDE_WORDS ? asWord(secret) : secret))
  const withoutPieces = pieceRedactor(secrets.filter((secret) => secret.length >= SHORTEST_TOKEN && /\d/.test(secret)))
  return (text) => withoutPieces(forms.reduce<string>((rest, secret) => rest.replaceAll(secret, '***'), text))
}

/** From this length on, a value with digits in it is a token rather than a word: pieces of it are secret, too. */
const SHORTEST_TOKEN = 16
const PIECE = 8

/** Replaces pieces of tokens, from eight characters on, as they are and in base64, wherever the token stands in what was encoded. */
function pieceRedactor(tokens: readonly string[]): Redact {
  const pieces = new Set<string>()
  for (const form of tokens.flatMap((token) => [token, ...inBase64(token)])) {
    for (let at = 0; at + PIECE <= form.length; at++) pieces.add(form.slice(at, at + PIECE))
  }
  if (pieces.size === 0) return (text) => text
  return (text) => {
    let shown = ''
    let shownTo = 0
    for (let at = 0; at + PIECE <= text.length; at++) {
      if (!pieces.has(text.slice(at, at + PIECE))) continue
      let end = at + 1
      while (pieces.has(text.slice(end, end + PIECE))) end += 1
      shown += `${text.slice(shownTo, at)}***`
      shownTo = end + PIECE - 1
      at = shownTo - 1
    }
    return shown + text.slice(shownTo)
  }
}

/** Without the digits at both ends that depend on what stands before and after: one form for each place among three bytes. */
function inBase64(secret: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const digits = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)])
      .toString('base64')
      .replace(/=+$/, '')
    const inner = digits.slice(offset === 0 ? 0 : offset + 1, -2)
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

/**
 * Replaces the values of OTLP headers, and of any URL user, password and query.
 *
 * @param headers texts such as those of OTEL_EXPORTER_OTLP_HEADERS
 */
export function headerRedactor(headers: readonly string[]): Redact {
  const values = headers.flatMap((text) => text.split(',')).map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
  const redact = redactor(values.flatMap(secretsOfHeader))
  return (text) => redactUrls(redact(text))
}

/** "Bearer abc" is as secret as its token alone. The second word of other values is one where it is long enough for a token. */
export function secretsOfHeader(value: string): string[] {
  return [value, decoded(value)].flatMap((text) => [text, text.replace(SCHEME, ''), ...credentialsOf(text)])
}

/** "Basic dXNlcjpwYXNz" is user and password. */
function credentialsOf(value: string): string[] {
  const encoded = /^basic\s+(\S+)$/i.exec(value)?.[1]
  if (encoded === undefined) return []
  const credentials = Buffer.from(encoded, 'base64').toString()
  return [credentials, credentials.slice(credentials.indexOf(':') + 1)]
}

const SCHEME = /^(?:(?:basic|bearer|digest|token|api-?key)\s+|[\w-]+\s+(?=\S{8,}$))/i

/** User, password, both as they are sent, and the query. */
export function secretsOfUrl(url: string): string[] {
  if (!URL.canParse(url)) return []
  const { username, password, search } = new URL(url)
  const [user, secret] = [decoded(username), decoded(password)]
  const basic = user === '' ? '' : Buffer.from(`${user}:${secret}`).toString('base64')
  return [username, password, user, secret, basic, search.slice(1), decoded(search.slice(1))]
}

/** Credentials in any URL of a text: user and password, and the query. Takes time in proportion to the text. */
export function redactUrls(text: string): string {
  return text.replace(/:\/\/[^\s/?#@"']*@/g, '://***@').replace(/[^\s"']+/g, (word) => {
    const scheme = word.indexOf('://')
    const query = scheme < 0 ? -1 : word.indexOf('?', scheme)
    return query < 0 || query === word.length - 1 ? word : `${word.slice(0, query)}?***`
  })
}

/** Status messages of gRPC are percent-encoded, and grpc-js decodes some of it. */
function asSent(secret: string): string[] {
  const encoded = encodeURIComponent(secret.toWellFormed())
  return [secret, encoded, decodeURI(encoded)]
}

function asWord(secret: string): RegExp {
  return new RegExp(`(?<!\\w)${secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}(?!\\w)`, 'g')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
