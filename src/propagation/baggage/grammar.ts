// Section 3.3.1 of the specification of Baggage; `token` is that of RFC 7230, section 3.2.6.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/
const SPACE = 32
const TAB = 9

/** Whether the text can be a key of baggage, or a header's name. */
export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/** A key with a value, the white space around both stripped; undefined where it is none. The value may have `=` in it. */
export function readPair(text: string): { readonly key: string; readonly value: string } | undefined {
  const equals = text.indexOf('=')
  if (equals < 0) return undefined
  const key = stripOws(text, 0, equals)
  const value = stripOws(text, equals + 1, text.length)
  return isToken(key) && VALUE.test(value) ? { key, value } : undefined
}

/**
 * Properties as they came, without the white space around their parts. One that does not follow the grammar is left out:
 * it must not harm its member, nor go out.
 */
export function readProperties(text: string): string {
  const properties: string[] = []
  for (const given of text.split(';')) {
    const pair = readPair(given)
    const lone = pair ? '' : stripOws(given, 0, given.length)
    if (pair) properties.push(`${pair.key}=${pair.value}`)
    else if (isToken(lone)) properties.push(lone)
  }
  return properties.join(';')
}

/** Only blanks and tabs are white space here. By hand: a regular expression takes the square of a long run of blanks. */
function stripOws(text: string, start: number, end: number): string {
  let from = start
  let to = end
  while (from < to && isOws(text.charCodeAt(from))) from += 1
  while (to > from && isOws(text.charCodeAt(to - 1))) to -= 1
  return text.slice(from, to)
}

function isOws(code: number): boolean {
  return code === SPACE || code === TAB
}
