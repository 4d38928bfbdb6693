import { crc32 } from 'node:zlib'
import type { EncodedBatch } from '../delivery/queued-batch.js'
import { STAMP_BYTES } from './stamp.js'

export type EntryContent = Pick<EncodedBatch, 'bytes' | 'spans'>

/**
 * Magic (8 bytes), then as big-endian 32-bit numbers: version, spans, bytes of the body, checksum; then the stamp of the
 * destination. The body follows.
 */
export const HEADER_BYTES: number = 24 + STAMP_BYTES

/** The request that no backend takes. */
export const MOST_BODY_BYTES: number = 64 * 1_024 * 1_024

const MAGIC = 'SPANWSPL'
/** 1 had no stamp. */
const VERSION = 2
const VERSION_AT = 8
const SPANS_AT = 12
const LENGTH_AT = 16
const CHECKSUM_AT = 20
const STAMP_AT = 24

export function entryHeader({ bytes, spans }: EntryContent, stamp: Buffer): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write(MAGIC, 'latin1')
  header.writeUInt32BE(VERSION, VERSION_AT)
  header.writeUInt32BE(spans, SPANS_AT)
  header.writeUInt32BE(bytes.length, LENGTH_AT)
  stamp.copy(header, STAMP_AT)
  header.writeUInt32BE(checksum(header, bytes), CHECKSUM_AT)
  return header
}

/** For whom the entry is, from its first bytes; undefined where these are no entry's. */
export function stampOf(start: Buffer): Buffer | undefined {
  const isEntry = headerProblem(start) === undefined
  return isEntry ? start.subarray(STAMP_AT, HEADER_BYTES) : undefined
}

/** The batch, in memory of its own; or, in words, why the file is none. */
export function decodeEntry(file: Buffer): EntryContent | string {
  const problem = headerProblem(file)
  if (problem !== undefined) return problem
  const body = file.subarray(HEADER_BYTES)
  const length = file.readUInt32BE(LENGTH_AT)
  if (body.length !== length) return `it holds ${body.length} of ${length} bytes`
  if (file.readUInt32BE(CHECKSUM_AT) !== checksum(file, body)) return 'its checksum is wrong'
  return { bytes: new Uint8Array(body), spans: file.readUInt32BE(SPANS_AT) }
}

function headerProblem(file: Buffer): string | undefined {
  if (file.length < HEADER_BYTES) return `it ends within its header, after ${file.length} bytes`
  if (file.toString('latin1', 0, MAGIC.length) !== MAGIC) return 'it is no entry of a spool'
  const version = file.readUInt32BE(VERSION_AT)
  return version === VERSION ? undefined : `its version is ${version}, not ${VERSION}`
}

/** Over everything but the checksum itself: a wrong number of spans would spoil the ledger. */
function checksum(header: Buffer, body: Uint8Array): number {
  return crc32(body, crc32(header.subarray(STAMP_AT, HEADER_BYTES), crc32(header.subarray(0, CHECKSUM_AT))))
}
