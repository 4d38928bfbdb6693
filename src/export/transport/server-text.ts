import { redactor, type Redact, secretsOfHeader, secretsOfUrl } from '../../internal/diagnostics/redact.js'
import { plainLine } from '../../internal/text/plain-line.js'

const MOST_CHARACTERS_SHOWN = 200
/**
 * How much of a text is looked at. What a server or a proxy answers may be long, and patterns that are fast on a line take
 * seconds on a page.
 */
const MOST_CHARACTERS_READ = 2_048

/** The beginning of a text that is not ours: all that is looked at. */
export function beginningOf(text: string): string {
  return text.slice(0, MOST_CHARACTERS_READ)
}

/**
 * Makes what a server wrote fit for a message: one line, not long, nothing that acts on a terminal, no secrets of ours. Servers
 * like to repeat what they were sent, or a piece of it, or decoded: the values of the headers, and all of a URL that lets somebody
 * in, are replaced.
 */
export function serverTextRedactor(headerValues: readonly string[], urls: readonly string[]): Redact {
  const secrets = [...headerValues.flatMap(secretsOfHeader), ...urls.flatMap(secretsOfUrl)]
  const longest = Math.max(0, ...secrets.map(({ length }) => length))
  const redact = redactor(secrets)
  return (text) => {
    const beginning = redact(beginningOf(text))
    // Where the text was cut, the last that is left may be a piece of a secret.
    const end = text.length > MOST_CHARACTERS_READ ? Math.max(0, beginning.length - longest) : beginning.length
    const line = plainLine(beginning.slice(0, end))
    return line.length > MOST_CHARACTERS_SHOWN ? `${line.slice(0, MOST_CHARACTERS_SHOWN - 1)}…` : line
  }
}

/** What a failing connection has to say, without OpenSSL's addresses and file names. */
export function networkErrorWords(error: Error): string {
  // Where a name has several addresses, the error of each is inside, and outside there may be no words.
  const inside = error instanceof AggregateError ? error.errors.filter((each) => each instanceof Error) : []
  const messages = inside.length > 0 ? inside.map(({ message }) => message) : [error.message]
  return [...new Set(messages.map(withoutOpenSslNoise))].join(', ') || error.name
}

/** `write EPROTO 40BD…:error:0A00010B:SSL routines:some_function:wrong version number:../deps/…` */
export function withoutOpenSslNoise(text: string): string {
  return beginningOf(text).replace(/(?:\w+ EPROTO )?[0-9A-F]*:error:[0-9A-F]+:[\w ]+:[^:]*:([^:]+):.*$/s, 'TLS: $1')
}

/** Whether no server was reached (or, without file handles, could have been), by the words of the error. */
export function isUnreachable(words: string): boolean {
  return /\b(EMFILE|ENFILE|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)\b|\bTLS\b|certificate/.test(words)
}
