/** Makes what somebody else wrote fit for a message: one line, not long, no secrets of ours. */
export type Wording = (text: string) => string

const MOST_CHARACTERS = 200

/**
 * Servers like to repeat what they were sent. The values of the headers, and all of the URL that lets somebody in, are
 * replaced by `***`.
 */
export function wordingWithout(headerValues: readonly string[], url: string): Wording {
  const secrets = [...headerValues.flatMap(secretsOfHeader), ...secretsOfUrl(url)]
    .filter((secret) => secret !== '')
    .flatMap(asSent)
    // The longest first, so that no piece of one is left behind.
    .sort((a, b) => b.length - a.length)
  return (text) => {
    const masked = secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    const line = masked.replace(/[\p{Cc}\s]+/gu, ' ').trim()
    return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line
  }
}

/** Status messages of gRPC are percent-encoded, and grpc-js decodes some of it. */
function asSent(secret: string): string[] {
  const encoded = encodeURIComponent(secret)
  return [secret, encoded, decodeURI(encoded)]
}

/** "Bearer abc" is as secret as its token alone. */
function secretsOfHeader(value: string): string[] {
  return [value, value.replace(/^\w+\s+/, '')]
}

function secretsOfUrl(url: string): string[] {
  if (!URL.canParse(url)) return []
  const { username, password, search } = new URL(url)
  const [user, secret] = [decoded(username), decoded(password)]
  const basic = user === '' ? '' : Buffer.from(`${user}:${secret}`).toString('base64')
  return [username, password, user, secret, basic, search.slice(1), decoded(search.slice(1))]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
