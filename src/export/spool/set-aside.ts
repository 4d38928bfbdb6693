import { randomBytes } from 'node:crypto'
import { basename, join } from 'node:path'
import { attempt } from '../../internal/checks/attempt.js'
import { makeFolder, move, removeFile, removeFolder } from './files.js'
import { bytesOf, list, setAsideBytes } from './list.js'
import { isEntryName, SET_ASIDE } from './names.js'
import { isTrustedFolder } from './trust.js'

const MOST_FILES = 100
/** So that damaged files never take the room of good ones for ever. */
const SHARE_OF_BYTES = 1 / 4

/**
 * Moves what is no entry out of the way, without opening it; deletes it where so many are kept already that one more is no
 * help. A folder that can't be moved stays, if there is something in it.
 */
export function setAside(folder: string, path: string, maxBytes: number): void {
  const place = join(folder, SET_ASIDE)
  const isRoom = list(place).length < MOST_FILES && setAsideBytes(folder) + bytesOf(path) <= maxBytes * SHARE_OF_BYTES
  if (isRoom && attempt(() => moveInto(place, path), false)) return
  attempt(() => removeFile(path), undefined)
  // Where it was a folder.
  attempt(() => removeFolder(path), undefined)
}

function moveInto(place: string, path: string): boolean {
  makeFolder(place)
  if (!isTrustedFolder(place)) return false
  // A rename replaces what has the name already: this one can't be known before. Nor does a file choose its own.
  const name = isEntryName(basename(path)) ? basename(path) : 'foreign'
  move(path, join(place, `${name}.${randomBytes(8).toString('hex')}`))
  return true
}
