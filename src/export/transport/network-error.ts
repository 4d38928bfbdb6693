import { beginningOf } from './redacted-text.js'

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

/** Whether nobody was reached who could have taken the request, by the words of the error. */
export function isUnreachable(words: string): boolean {
  return /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)\b|\bTLS\b|certificate/.test(words)
}
