import { lstatSync, lutimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attempt } from '../../internal/checks/attempt.js'
import { move, removeFile } from './files.js'
import { isFile } from './list.js'
import { FREE_FILE, OWNER_FILE } from './names.js'
import { fateOf, type ProcessIdentity } from './process-identity.js'
import { readOwnFile } from './trust.js'
import type { Clock } from '../../internal/runtime/clock.js'

/** How often an owner shows that it lives. */
export const TOUCH_EVERY_MILLIS = 20_000
/** An owner of this place that can't be asked and did not show for so long has ended. */
const LEASE_MILLIS = 60_000
const MOST_OWNER_BYTES = 10_000

interface Owner extends Pick<ProcessIdentity, 'place' | 'pid' | 'start'> {
  /** For whom its batches are, for people. */
  readonly destination: string | undefined
}

/** Throws where it can't. */
export function writeOwner(
  claimPath: string,
  { place, pid, start }: ProcessIdentity,
  destination: string,
  epochMillis: number,
): void {
  const owner: Owner = { place, pid, start, destination }
  writeFileSync(join(claimPath, OWNER_FILE), JSON.stringify(owner), { mode: 0o600, flag: 'wx' })
  touch(claimPath, epochMillis)
}

/** The time is given, not left to the file system, whose clock may be another's. Throws where it can't. */
export function touch(claimPath: string, epochMillis: number): void {
  lutimesSync(join(claimPath, OWNER_FILE), epochMillis / 1_000, epochMillis / 1_000)
}

export function isOwned(claimPath: string): boolean {
  return isFile(join(claimPath, OWNER_FILE))
}

/** Needs no room on a full disk. Throws where it can't. */
export function markAsFree(claimPath: string): void {
  move(join(claimPath, OWNER_FILE), join(claimPath, FREE_FILE))
}

/** Throws where it can't. */
export function removeOwner(claimPath: string): void {
  if (isOwned(claimPath)) removeFile(join(claimPath, OWNER_FILE))
}

/** Whether the process of the claim has ended. */
export function isAbandoned(claimPath: string, me: ProcessIdentity, epochMillis: number, leases: LeaseWatch): boolean {
  if (isFile(join(claimPath, FREE_FILE))) return true
  const owner = readOwner(claimPath, OWNER_FILE)
  const isHere = owner?.place === me.place
  // This very process lives, but the thread that made the claim may not: there, too, only the lease says so.
  const canAsk = isHere && !(owner.pid === me.pid && owner.start === me.start)
  const fate = canAsk ? fateOf(owner) : 'unknown'
  if (fate !== 'unknown') return fate === 'ended'
  const touched = touchedMillis(claimPath)
  if (touched === undefined) return false
  // A lease far in the future is the work of a wrong clock, and would never end.
  return isHere ? Math.abs(epochMillis - touched) > LEASE_MILLIS : leases.isOver(claimPath, touched, epochMillis)
}

/** For whom the batches of a claim are, as far as its owner has said so. */
export function destinationNamedIn(claimPath: string): string | undefined {
  return (readOwner(claimPath, OWNER_FILE) ?? readOwner(claimPath, FREE_FILE))?.destination
}

function touchedMillis(claimPath: string): number | undefined {
  return (
    attempt(() => lstatSync(join(claimPath, OWNER_FILE)).mtimeMs, undefined) ??
    // Killed before it could say who it is, or a torn owner file was lost with the power.
    attempt(() => lstatSync(claimPath).mtimeMs, undefined)
  )
}

function readOwner(claimPath: string, name: string): Owner | undefined {
  return attempt(() => {
    const text = readOwnFile(join(claimPath, name), MOST_OWNER_BYTES).toString('utf8')
    const { place, pid, start, destination } = JSON.parse(text) as Record<string, unknown>
    if (typeof place !== 'string' || !Number.isSafeInteger(pid) || Number(pid) <= 0) return undefined
    return { place, pid: Number(pid), start: textOf(start), destination: textOf(destination) }
  }, undefined)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/**
 * Longer than an owner ever takes to show that it lives, and than a network file system may keep what it knew of a file. (An
 * owner shows every 20 seconds, NFS forgets after 60.)
 */
const WATCHED_MILLIS = 120_000
/** Clocks of two hosts may differ by minutes, but not by this much. */
const LONG_AGO_MILLIS = 3_600_000

/** Leases of other hosts, whose clocks can't be compared: what counts is whether they are renewed while this process watches. */
export class LeaseWatch {
  readonly #clock: Clock
  readonly #seen = new Map<string, { readonly touchedMillis: number; readonly sinceMillis: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isOver(claimPath: string, touchedMillis: number, epochMillis: number): boolean {
    if (Math.abs(epochMillis - touchedMillis) > LONG_AGO_MILLIS) return true
    const now = this.#clock.nowMillis()
    const seen = this.#seen.get(claimPath)
    if (seen?.touchedMillis === touchedMillis) return now - seen.sinceMillis > WATCHED_MILLIS
    this.#seen.set(claimPath, { touchedMillis, sinceMillis: now })
    return false
  }

  /** Forgets the claims that are not there any more. */
  keepOnly(claimPaths: readonly string[]): void {
    const kept = new Set(claimPaths)
    for (const path of this.#seen.keys()) if (!kept.has(path)) this.#seen.delete(path)
  }
}
