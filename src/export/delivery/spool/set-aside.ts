import { renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { attempt } from './file-errors.js'
import { bytesOf, list, setAsideBytes } from './list.js'
import { makeFolder } from './make-folder.js'
import { SET_ASIDE } from './names.js'

const MOST_FILES = 100
/** So that damaged files never take the room of good ones for ever. */
const SHARE_OF_BYTES = 1 / 4

/** Moves a file that is no entry out of the way; deletes it where so many are kept already that one more is no help. */
export function setAside(folder: string, path: string, maxBytes: number): void {
  const place = join(folder, SET_ASIDE)
  const isRoom = list(place).length < MOST_FILES && setAsideBytes(folder) + bytesOf(path) <= maxBytes * SHARE_OF_BYTES
  const isMoved = isRoom && attempt(() => moveInto(place, path), false)
  if (!isMoved) attempt(() => rmSync(path, { recursive: true, force: true }), undefined)
}

function moveInto(place: string, path: string): true {
  makeFolder(place)
  renameSync(path, join(place, basename(path)))
  return true
}
