import type { ByteWriter } from '../protobuf/byte-writer.js'

const NO_DIGIT = 0xff

/** The value of each hex digit, by character code. */
const DIGITS = new Uint8Array(256).fill(NO_DIGIT)
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16)
  DIGITS[digit.charCodeAt(0)] = value
  DIGITS[digit.toUpperCase().charCodeAt(0)] = value
}

export function writeTraceId(writer: ByteWriter, tag: number, id: string): void {
  writeId(writer, tag, id, 16)
}

export function writeSpanId(writer: ByteWriter, tag: number, id: string): void {
  writeId(writer, tag, id, 8)
}

/** An id that is not one is left out: a backend may refuse the whole batch for an id of a wrong length. */
function writeId(writer: ByteWriter, tag: number, id: string, length: number): void {
  if (id.length !== 2 * length) return
  const bytes = writer.bytes
  let position = writer.position
  bytes[position++] = tag
  bytes[position++] = length
  let seen = 0
  for (let i = 0; i < 2 * length; i += 2) {
    const first = id.charCodeAt(i)
    const second = id.charCodeAt(i + 1)
    const high = DIGITS[first & 0xff] ?? NO_DIGIT
    const low = DIGITS[second & 0xff] ?? NO_DIGIT
    seen |= high | low | ((first | second) & 0xff00)
    bytes[position++] = (high << 4) | low
  }
  if (seen <= 0xf) writer.position = position
}
