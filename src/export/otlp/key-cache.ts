import type { ByteWriter } from '../protobuf/byte-writer.js'
import { putText } from '../protobuf/fields.js'

const KEY = 0x0a
const VALUE = 0x12

/** Longer ones are written each time. */
const LONGEST_ENTRY = 96
const WORDS = 8 * 1024

/** Each entry is a length in bytes and then the bytes, in words: four at a time are copied in half the time of single ones. */
const entries = new Int32Array(WORDS)
const bytesOfEntries = new Uint8Array(entries.buffer)
const places = new Map<string, number>()
let used = 0

/**
 * The key of a KeyValue, and the tag of the value that comes next. The same keys come again with every span, so they are
 * kept as they are written.
 */
export function writeKey(writer: ByteWriter, key: string): void {
  const place = places.get(key)
  if (place === undefined) {
    writeNewKey(writer, key)
    return
  }
  const view = writer.view
  const start = writer.position
  const end = start + (entries[place] ?? 0)
  // The last word may reach beyond the end: what comes next is written over it.
  for (let position = start, i = place + 1; position < end; position += 4) {
    view.setInt32(position, entries[i++] ?? 0, true)
  }
  writer.position = end
}

function writeNewKey(writer: ByteWriter, key: string): void {
  const start = writer.position
  writer.bytes[writer.position++] = KEY
  putText(writer, key)
  writer.bytes[writer.position++] = VALUE
  remember(key, writer.bytes.subarray(start, writer.position))
}

function remember(key: string, encoded: Uint8Array): void {
  if (encoded.length > LONGEST_ENTRY) return
  const words = 1 + Math.ceil(encoded.length / 4)
  if (used + words > WORDS) {
    // Filled by keys that never come again, as a rule; those in use are soon back.
    places.clear()
    used = 0
  }
  places.set(key, used)
  entries[used] = encoded.length
  bytesOfEntries.set(encoded, 4 * (used + 1))
  used += words
}
