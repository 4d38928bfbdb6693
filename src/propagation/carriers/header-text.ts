import type { TextMapGetter } from '@opentelemetry/api'

/** W3C Baggage asks for 8,192 bytes, and Node.js takes 16,384 for all headers of a message: what is longer is no header. */
const LONGEST_VALUE = 16_384
const MOST_VALUES = 100

/** Characters of a token, RFC 9110, section 5.6.2. `__proto__` would be one, and is no propagator's field. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]{1,256}$/i
/** Visible ASCII, blanks and tabs: RFC 9110, section 5.5, without the bytes that gRPC and brokers refuse. */
const VALUE = /^[\t\x20-\x7e]*$/

export function isHeaderName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name) && name !== '__proto__'
}

export function isHeaderValue(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_VALUE && VALUE.test(value)
}

/**
 * The texts of a value, however the carrier has it: a string, UTF-8 bytes (Kafka), their numbers (Kafka's records in
 * Lambda), or a list of strings and bytes, up to the length of one. Whatever else is there is no header.
 */
export function textsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return textOf(value)
  if (typeof value[0] === 'number') return isBytes(value) ? textOf(Uint8Array.from(value)) : []
  const texts: string[] = []
  let room = LONGEST_VALUE
  for (const item of value.slice(0, MOST_VALUES) as unknown[]) {
    const [text] = textOf(item, room)
    if (text === undefined) continue
    room -= text.length
    texts.push(text)
  }
  return texts
}

function textOf(value: unknown, longest = LONGEST_VALUE): string[] {
  if (typeof value === 'string') return value.length <= longest ? [value] : []
  if (!(value instanceof Uint8Array) || value.byteLength > longest) return []
  return [Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')]
}

function isBytes(value: readonly unknown[]): value is number[] {
  return value.length <= LONGEST_VALUE && value.every((byte) => Number.isInteger(byte))
}

/** The texts of a header, in their order: of one that came several times, each. Whatever a getter returns. */
export function headerTexts(carrier: unknown, getter: TextMapGetter, name: string): string[] {
  return textsOf(getter.get(carrier, name))
}

/**
 * The first text of a header that has one value in its format, and a longest one. What is longer is none of that format, and is
 * not read: that would take as long as the caller likes.
 */
export function headerText(carrier: unknown, getter: TextMapGetter, name: string, longest: number): string | undefined {
  const value: unknown = getter.get(carrier, name)
  const first: unknown = Array.isArray(value) && typeof value[0] !== 'number' ? value[0] : value
  const [text] = textsOf(first)
  return text !== undefined && text.length <= longest ? text : undefined
}
