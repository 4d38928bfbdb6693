import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { attempt } from '../../internal/checks/attempt.js'
import { makeFolder, removeFolder } from './files.js'
import { list } from './list.js'
import { claimPrefix, entryName, OWNER_FILE, tokenOf } from './names.js'
import { isOwned, markAsFree, removeOwner, touch, TOUCH_EVERY_MILLIS, writeOwner } from './owner.js'
import type { ProcessIdentity } from './process-identity.js'
import { folderProblem, NotOurs } from './trust.js'

/** Makes the folder, and everything above it that is missing. Throws where it can't, and leaves nothing then. */
export function createClaim(
  folder: string,
  me: ProcessIdentity,
  destination: string,
  nowEpochMillis: () => number,
): Claim {
  makeFolder(folder)
  // Another process may have made it in this moment.
  const problem = folderProblem(folder)
  if (problem !== undefined) throw new NotOurs(problem)
  const path = mkdtempSync(join(folder, claimPrefix(me.host, me.pid, nowEpochMillis())))
  try {
    writeOwner(path, me, destination, nowEpochMillis())
  } catch (error) {
    attempt(() => deleteClaim(path), undefined)
    throw error
  }
  return new Claim(path, nowEpochMillis)
}

/** The folder of this process below the spool's folder; no other process writes there. */
export class Claim {
  readonly path: string
  readonly #nowEpochMillis: () => number
  readonly #lease: NodeJS.Timeout
  #number = 0
  #latest = 0

  constructor(path: string, nowEpochMillis: () => number) {
    this.path = path
    this.#nowEpochMillis = nowEpochMillis
    this.#lease = setInterval(() => {
      attempt(() => touch(path, nowEpochMillis()), undefined)
    }, TOUCH_EVERY_MILLIS).unref()
  }

  /** False where it has been deleted, or taken by a process that believed this one dead. */
  isHeld(): boolean {
    return isOwned(this.path)
  }

  /** Each later in order than the one before, also where the clock is set back. */
  nextEntryName(): string {
    this.#latest = Math.max(this.#latest, this.#nowEpochMillis())
    return entryName(this.#latest, this.#number++, tokenOf(this.path))
  }

  /** Leaves the entries to the next process; without any, leaves nothing. */
  release(): void {
    clearInterval(this.#lease)
    const isEmpty = list(this.path).every(({ name }) => name === OWNER_FILE)
    attempt(() => (isEmpty ? deleteClaim(this.path) : markAsFree(this.path)), undefined)
  }
}

function deleteClaim(path: string): void {
  removeOwner(path)
  removeFolder(path)
}
