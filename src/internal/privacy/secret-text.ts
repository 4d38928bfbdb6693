import { isSecretName, REDACTED } from './secret-names.js'

/** Shorter ones are no secrets, but what a message says of a field. */
const QUOTED_VALUE = /((?<![\w-])\\?["']?([\w-]{1,64})\\?["']?\s{0,4}:\s{0,4})(\\?["'])((?:(?!\3)[^\n]){3,})\3/g
const ASSIGNED = /(?<![\w.%-])([\w.%-]{1,64})=(?:"[^"\n]*"|'[^'\n]*'|[^\s&;,"'<>)}\]]+)/g
const CREDENTIALS = /\b([a-z][a-z\d+.-]{0,30}:\/\/)[^\s/?#"'<>]*@/gi
const HEADER = /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)(\s{0,4}:\s{0,4})[^\s"'][^\r\n"']*/gi
const SCHEME = /\b(bearer|basic) (?=\S*[\d=._-])[\w+/=.~-]{8,}/gi
const JWT = /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]+)?/g
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g

/**
 * A text without what is a secret by its name or its form: credentials and parameters of URLs, `password=…`, `"token":"…"`,
 * `Authorization: …`, bearer tokens, private keys. For texts that people write for people, such as the messages of errors.
 */
export function redactedText(text: string): string {
  return text
    .replace(PRIVATE_KEY, REDACTED)
    .replace(CREDENTIALS, `$1${REDACTED}:${REDACTED}@`)
    .replace(HEADER, `$1$2${REDACTED}`)
    .replace(SCHEME, `$1 ${REDACTED}`)
    .replace(JWT, REDACTED)
    .replace(ASSIGNED, (whole, name: string) => (isSecretName(name) ? `${name}=${REDACTED}` : whole))
    .replace(QUOTED_VALUE, (whole, start: string, name: string, quote: string) =>
      isSecretName(name) ? `${start}${quote}${REDACTED}${quote}` : whole,
    )
}
