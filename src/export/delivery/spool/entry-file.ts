import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { attempt } from './file-errors.js'
import { decodeEntry, entryHeader, type EntryContent } from './entry-format.js'
import { temporaryName } from './names.js'

/** Spans may hold personal data. */
const OWNER_ONLY = 0o600

/**
 * The file has its name only when all of it is written, and nothing is left where it can't be; then it throws. Not synced:
 * a process that is killed loses nothing by that, a machine without power may lose the last seconds.
 */
export function writeEntry(path: string, batch: EntryContent): void {
  const temporary = temporaryName(path)
  try {
    const file = openSync(temporary, 'wx', OWNER_ONLY)
    try {
      writeFileSync(file, entryHeader(batch))
      writeFileSync(file, batch.bytes)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    attempt(() => rmSync(temporary, { force: true }), undefined)
    throw error
  }
}

/** The batch; or, in words, why the file is none. Throws where the file can't be read. */
export function readEntry(path: string): EntryContent | string {
  return decodeEntry(readFileSync(path))
}
