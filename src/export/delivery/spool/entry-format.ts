import { crc32 } from 'node:zlib'
import type { EncodedBatch } from '../batch.js'

export type EntryContent = Pick<EncodedBatch, 'bytes' | 'spans'>

/** Magic (8 bytes), then as big-endian 32-bit numbers: version, spans, bytes of the body, checksum. The body follows. */
export const HEADER_BYTES = 24

const MAGIC = 'SPANWSPL'
const VERSION = 1
const VERSION_AT = 8
const SPANS_AT = 12
const LENGTH_AT = 16
const CHECKSUM_AT = 20

export function entryHeader({ bytes, spans }: EntryContent): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write(MAGIC, 'latin1')
  header.writeUInt32BE(VERSION, VERSION_AT)
  header.writeUInt32BE(spans, SPANS_AT)
  header.writeUInt32BE(bytes.length, LENGTH_AT)
  header.writeUInt32BE(checksum(header, bytes), CHECKSUM_AT)
  return header
}

/** The batch, in memory of its own; or, in words, why the file is none. */
export function decodeEntry(file: Buffer): EntryContent | string {
  if (file.length < HEADER_BYTES) return `it ends within its header, after ${file.length} bytes`
  if (file.toString('latin1', 0, MAGIC.length) !== MAGIC) return 'it is no entry of a spool'
  const version = file.readUInt32BE(VERSION_AT)
  if (version !== VERSION) return `its version is ${version}, not ${VERSION}`
  const body = file.subarray(HEADER_BYTES)
  const length = file.readUInt32BE(LENGTH_AT)
  if (body.length !== length) return `it holds ${body.length} of ${length} bytes`
  if (file.readUInt32BE(CHECKSUM_AT) !== checksum(file, body)) return 'its checksum is wrong'
  return { bytes: new Uint8Array(body), spans: file.readUInt32BE(SPANS_AT) }
}

/** Over everything but the checksum itself: a wrong number of spans would spoil the ledger. */
function checksum(header: Buffer, body: Uint8Array): number {
  return crc32(body, crc32(header.subarray(0, CHECKSUM_AT)))
}
