import type { Clock } from '../../internal/runtime/clock.js'

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
