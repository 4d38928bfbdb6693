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
