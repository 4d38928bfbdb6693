import { trimOptionalWhitespace } from '../../internal/trace-state/trace-state.js'

// Section 3.3.1 of the specification of Baggage; `token` is that of RFC 7230, section 3.2.6.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/

/** Whether the text can be a key of baggage, or a header's name. */
export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/** A key with a value, the white space around both stripped; undefined where it is none. The value may have `=` in it. */
export function readPair(text: string): { readonly key: string; readonly value: string } | undefined {
  const equals = text.indexOf('=')
  if (equals < 0) return undefined
  const key = trimOptionalWhitespace(text.slice(0, equals))
  const value = trimOptionalWhitespace(text.slice(equals + 1))
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
    const lone = pair ? '' : trimOptionalWhitespace(given)
    if (pair) properties.push(`${pair.key}=${pair.value}`)
    else if (isToken(lone)) properties.push(lone)
  }
  return properties.join(';')
}

const MOST_MEMBERS = 64
const MOST_BYTES = 8_192

/**
 * What goes into one baggage: 64 members, and 8,192 bytes with the commas between them. The least that the
 * specification allows (section 3.3.2); with more, any caller could burden all callees.
 */
export class Budget {
  #members = 0
  #bytes = 0

  /** Whether a member of that many bytes still fits; if so, it is counted. */
  take(bytes: number): boolean {
    const total = this.#bytes + bytes + (this.#members === 0 ? 0 : 1)
    if (this.#members === MOST_MEMBERS || total > MOST_BYTES) return false
    this.#members += 1
    this.#bytes = total
    return true
  }
}

/** What must not stand in a value as it is: all but `baggage-octet`, and the percent sign. */
const TO_ENCODE = /[^\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+/g
const ENCODED = /(?:%[0-9a-f]{2})+/gi

/**
 * A text as the specification of Baggage writes values (section 3.3.1.3): UTF-8, percent-encoded where it has to be. Half
 * a surrogate pair is no text, and becomes U+FFFD.
 */
export function percentEncode(text: string): string {
  return text.toWellFormed().replace(TO_ENCODE, encodeURIComponent)
}

/**
 * The text of a percent-encoded value. Bytes that are not UTF-8 become U+FFFD, as the specification asks. A percent sign
 * without two hex digits encodes no byte, and stays.
 */
export function percentDecode(value: string): string {
  return value.includes('%') ? value.replace(ENCODED, decodeBytes) : value
}

function decodeBytes(run: string): string {
  try {
    return decodeURIComponent(run)
  } catch {
    return Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8')
  }
}
