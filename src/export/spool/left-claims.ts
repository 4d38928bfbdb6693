import { basename, join } from 'node:path'
import type { Clock } from '../../internal/runtime/clock.js'
import { stampOfFile } from './entry-file.js'
import { LeaseWatch, destinationNamedIn, isAbandoned } from './owner.js'
import { claimsIn, contentOf, entriesIn, oldClaimsIn } from './list.js'
import { isOldClaimName } from './names.js'
import type { ProcessIdentity } from './process-identity.js'
import type { Stamps } from './stamp.js'
import { folderProblem, isTrustedFolder } from './trust.js'

interface LeftClaimsParts {
  readonly folder: string
  readonly me: ProcessIdentity
  readonly stamps: Stamps
  readonly clock: Clock
  readonly nowEpochMillis: () => number
  readonly warnOnce: (key: string, message: string) => void
}

/** Files that hold no entry may come first, after a loss of power. */
const MOST_TRIED = 10
const MOST_NAMED = 3

/** The claims of a spool whose processes have ended. */
export class LeftClaims {
  readonly #parts: LeftClaimsParts
  readonly #leases: LeaseWatch

  constructor(parts: LeftClaimsParts) {
    this.#parts = parts
    this.#leases = new LeaseWatch(parts.clock)
  }

  /** The names of those that hold what this process may send, or nothing. What else there is, is logged. */
  forUs(ownPath: string | undefined): readonly string[] {
    const { folder, stamps, warnOnce } = this.#parts
    const abandoned = this.#abandoned(ownPath)
    const forUs = abandoned.filter((name) => isForUs(join(folder, name), stamps))
    const others = abandoned.filter((name) => !forUs.includes(name))
    for (const isOld of [false, true]) {
      const claims = others.filter((name) => isOldClaimName(name) === isOld)
      const message = leftInWords(folder, claims, isOld)
      if (message !== undefined) warnOnce(`spool left ${isOld ? 'old' : 'other'}`, message)
    }
    return forUs
  }

  #abandoned(ownPath: string | undefined): readonly string[] {
    const { folder, me, nowEpochMillis, warnOnce } = this.#parts
    const names = [...claimsIn(folder), ...oldClaimsIn(folder)]
    this.#leases.keepOnly(names.map((name) => join(folder, name)))
    return names.filter((name) => {
      const path = join(folder, name)
      if (path === ownPath) return false
      if (isTrustedFolder(path)) return isAbandoned(path, me, nowEpochMillis(), this.#leases)
      const problem = folderProblem(path)
      if (problem !== undefined) warnOnce('spool claim refused', `${path} of the spool is left alone: ${problem}`)
      return false
    })
  }
}

/** Whether this process may send what the claim holds: it was written for the same destination. An empty one is fit too. */
function isForUs(claimPath: string, stamps: Stamps): boolean {
  if (isOldClaimName(basename(claimPath))) return false
  let tried = 0
  for (const path of entriesIn(claimPath)) {
    const stamp = stampOfFile(path)
    if (stamp) return stamps.isOwn(stamp)
    if ((tried += 1) >= MOST_TRIED) break
  }
  return tried === 0
}

/** Undefined where nothing is in them. */
function leftInWords(folder: string, claims: readonly string[], isOld: boolean): string | undefined {
  const paths = claims.map((name) => join(folder, name)).filter((path) => contentOf(path).entries > 0)
  if (paths.length === 0) return undefined
  const [entries, bytes] = (['entries', 'bytes'] as const).map((key) =>
    paths.reduce((sum, path) => sum + contentOf(path)[key], 0),
  )
  const what = `${entries} unsent ${entries === 1 ? 'batch stays' : 'batches stay'} in the spool ${folder} (${bytes} bytes)`
  if (isOld) {
    const why = 'an earlier version of spanwright wrote this and did not note for which endpoint'
    return `${what}: ${why}. Delete the folders spans-* in it to free their room`
  }
  const destinations = new Set(paths.map((path) => destinationNamedIn(path) ?? 'an unknown endpoint'))
  const named = [...destinations].slice(0, MOST_NAMED).join('; ')
  const why = `written for another endpoint, format or headers (${named})`
  return `${what}: ${why}. A process with those settings sends it; delete the folders batches-* that none needs any more`
}
