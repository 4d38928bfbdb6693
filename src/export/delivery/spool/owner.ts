import { existsSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attempt } from './file-errors.js'
import { FREE_FILE, OWNER_FILE } from './names.js'
import { fateOf, type ProcessIdentity } from './process-identity.js'

/** How often an owner shows that it lives. */
export const TOUCH_EVERY_MILLIS = 20_000
/** An owner that can't be asked and did not show for so long has ended. */
const LEASE_MILLIS = 60_000

type Owner = Pick<ProcessIdentity, 'place' | 'pid' | 'start'>

/** Throws where it can't. */
export function writeOwner(claimPath: string, { place, pid, start }: ProcessIdentity, epochMillis: number): void {
  writeFileSync(join(claimPath, OWNER_FILE), JSON.stringify({ place, pid, start }), { mode: 0o600, flag: 'wx' })
  touch(claimPath, epochMillis)
}

/** The time is told, not left to the file system, whose clock may be another's. Throws where it can't. */
export function touch(claimPath: string, epochMillis: number): void {
  utimesSync(join(claimPath, OWNER_FILE), epochMillis / 1_000, epochMillis / 1_000)
}

export function isOwned(claimPath: string): boolean {
  return existsSync(join(claimPath, OWNER_FILE))
}

/** Needs no room on a full disk. Throws where it can't. */
export function markAsFree(claimPath: string): void {
  renameSync(join(claimPath, OWNER_FILE), join(claimPath, FREE_FILE))
}

/** Throws where it can't. */
export function removeOwner(claimPath: string): void {
  rmSync(join(claimPath, OWNER_FILE), { force: true })
}

/** Whether nobody will come back for the claim. */
export function isAbandoned(claimPath: string, me: ProcessIdentity, epochMillis: number): boolean {
  if (existsSync(join(claimPath, FREE_FILE))) return true
  const owner = readOwner(claimPath)
  // This very process lives, but the thread that made the claim may not: there, too, only the lease can tell.
  const canAsk = owner?.place === me.place && !(owner.pid === me.pid && owner.start === me.start)
  const fate = canAsk ? fateOf(owner) : 'unknown'
  return fate === 'unknown' ? isLeaseOver(claimPath, epochMillis) : fate === 'ended'
}

/** A lease far in the future is the work of a wrong clock, and would never end. */
function isLeaseOver(claimPath: string, epochMillis: number): boolean {
  const touched =
    attempt(() => statSync(join(claimPath, OWNER_FILE)).mtimeMs, undefined) ??
    // Killed before it could say who it is, or a torn owner file was lost with the power.
    attempt(() => statSync(claimPath).mtimeMs, undefined)
  return touched !== undefined && Math.abs(epochMillis - touched) > LEASE_MILLIS
}

function readOwner(claimPath: string): Owner | undefined {
  return attempt(() => {
    const { place, pid, start } = JSON.parse(readFileSync(join(claimPath, OWNER_FILE), 'utf8')) as Record<
      string,
      unknown
    >
    if (typeof place !== 'string' || !Number.isSafeInteger(pid) || Number(pid) <= 0) return undefined
    return { place, pid: Number(pid), start: typeof start === 'string' ? start : undefined }
  }, undefined)
}
