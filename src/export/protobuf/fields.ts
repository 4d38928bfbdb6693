import { type ByteWriter, varintSize, writeVarint } from './byte-writer.js'

// Fields that hold their default are left out: that is how proto3 writes it.

/** A tag of one byte. */
export function writeTag(writer: ByteWriter, tag: number): void {
  writer.bytes[writer.position++] = tag
}

export function writeText(writer: ByteWriter, tag: number, text: string): void {
  if (text === '') return
  writeTag(writer, tag)
  putText(writer, text)
}

/** A uint32 or an enum. */
export function writeCount(writer: ByteWriter, tag: number, count: number | undefined): void {
  if (!count) return
  writeTag(writer, tag)
  writer.varint(count >>> 0)
}

/** What a message of this length takes as a field of another: a tag of one byte, the length, the message. */
export function messageSize(length: number): number {
  return 1 + varintSize(length) + length
}

/** Puts the tag and the length of a message there, and returns where the message itself begins. */
export function putMessage(target: Uint8Array, position: number, tag: number, length: number): number {
  target[position] = tag
  return writeVarint(length, target, position + 1)
}

/** A call of `Buffer.write` costs as much as this many characters written one by one. */
const SHORT = 20
/** From here on it is cheaper to count the bytes of a text than to make room for the most that it could take. */
const LONG = 4 * 1024

/** A length, and the text in UTF-8; a lone surrogate becomes U+FFFD. Throws where the value is no string. */
export function putText(writer: ByteWriter, text: string): void {
  // What the host has put there may be anything, whatever its type says.
  if (typeof text !== 'string') throw new TypeError('not a string')
  if (text.length > SHORT || !putShortAscii(writer, text)) putAnyText(writer, text)
}

/** Writes the text as if it were ASCII; whether it was. */
function putShortAscii(writer: ByteWriter, text: string): boolean {
  const length = text.length
  writer.reserve(length)
  const bytes = writer.bytes
  let position = writer.position
  bytes[position++] = length
  let seen = 0
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    seen |= code
    bytes[position++] = code
  }
  if (seen > 0x7f) return false
  writer.position = position
  return true
}

function putAnyText(writer: ByteWriter, text: string): void {
  writer.reserve(text.length < LONG ? text.length * 3 : Buffer.byteLength(text))
  // Most texts are ASCII: then this is the length, and the text has its place already.
  const expected = varintSize(text.length)
  const start = writer.position + expected
  const length = writer.bytes.write(text, start)
  const needed = varintSize(length)
  if (needed !== expected) writer.bytes.copyWithin(writer.position + needed, start, start + length)
  writer.varint(length)
  writer.position += length
}
