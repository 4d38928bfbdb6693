import { closeSync, openSync, writeFileSync } from 'node:fs'
import { attempt } from '../../internal/checks/attempt.js'
import { decodeEntry, entryHeader, HEADER_BYTES, MOST_BODY_BYTES, stampOf, type EntryContent } from './entry-format.js'
import { move, removeFile } from './files.js'
import { temporaryName } from './names.js'
import type { Stamps } from './stamp.js'
import { readOwnFile, readStartOfOwnFile } from './trust.js'

/** Spans may hold personal data. */
const OWNER_ONLY = 0o600

/**
 * The file has its name only when all of it is written, and nothing is left where it can't be; then it throws. Not synced:
 * a process that is killed loses nothing by that, a machine without power may lose the last seconds.
 */
export function writeEntry(path: string, batch: EntryContent, stamp: Buffer): void {
  const temporary = temporaryName(path)
  try {
    const file = openSync(temporary, 'wx', OWNER_ONLY)
    try {
      writeFileSync(file, entryHeader(batch, stamp))
      writeFileSync(file, batch.bytes)
    } finally {
      closeSync(file)
    }
    move(temporary, path)
  } catch (error) {
    attempt(() => removeFile(temporary), undefined)
    throw error
  }
}

/** The batch; or, in words, why the file is none for this process. Throws where the file can't be read. */
export function readEntry(path: string, stamps: Stamps): EntryContent | string {
  const file = readOwnFile(path, HEADER_BYTES + MOST_BODY_BYTES)
  const stamp = stampOf(file)
  if (stamp && !stamps.isOwn(stamp)) return 'it was written for another endpoint, format or headers'
  return decodeEntry(file)
}

/** For whom the entry is; undefined where the file does not say. */
export function stampOfFile(path: string): Buffer | undefined {
  return attempt(() => stampOf(readStartOfOwnFile(path, HEADER_BYTES)), undefined)
}
