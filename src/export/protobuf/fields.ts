import type { ByteWriter } from './byte-writer.js'
import { putText } from '../otlp/text.js'

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
