import { join } from 'node:path'
import { attempt } from '../../internal/checks/attempt.js'
import { errorCodeOf, move, removeFile, removeFolder } from './files.js'
import { claimsIn, list } from './list.js'
import { FREE_FILE, isClaimName, isEntryName, isTemporaryName, OWNER_FILE } from './names.js'

/**
 * Takes a claim by one rename into one's own: of several processes that try, one succeeds, and for
 * the others it is gone. Who dies with a claim inside its own leaves both to the next. Throws where it can't.
 */
export function takeClaim(folder: string, name: string, ownPath: string): void {
  try {
    move(join(folder, name), join(ownPath, name))
  } catch (error) {
    if (errorCodeOf(error) !== 'ENOENT') throw error
  }
}

/**
 * Moves the entries of all taken claims, and of those that they had taken, up into the own one.
 *
 * @param setAside what to do with a path that is nothing of ours
 * @returns the names of the entries that came
 */
export function unpackClaims(ownPath: string, setAside: (path: string) => void): string[] {
  return claimsIn(ownPath).flatMap((name) => unpack(join(ownPath, name), ownPath, setAside))
}

function unpack(path: string, ownPath: string, setAside: (path: string) => void): string[] {
  const came: string[] = []
  for (const item of list(path)) {
    const itemPath = join(path, item.name)
    if (item.isFile() && isEntryName(item.name)) {
      if (attempt(() => (move(itemPath, join(ownPath, item.name)), true), false)) came.push(item.name)
    } else if (item.isDirectory() && isClaimName(item.name)) {
      came.push(...unpack(itemPath, ownPath, setAside))
    } else if (item.name === OWNER_FILE || item.name === FREE_FILE || isTemporaryName(item.name)) {
      // What the owner had not finished, it still had when it was killed: it is not on record.
      attempt(() => removeFile(itemPath), undefined)
    } else {
      setAside(itemPath)
    }
  }
  // Where something could not be moved the folder stays, and the next adoption tries again.
  attempt(() => removeFolder(path), undefined)
  return came
}
