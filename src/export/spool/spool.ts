import { join, resolve } from 'node:path'
import { monotonicClock, type Clock } from '../../internal/runtime/clock.js'
import { messageOf } from '../../internal/diagnostics/diagnostics.js'
import { isHeld, whileHeld } from '../../internal/runtime/held-files.js'
import { takeClaim, unpackClaims } from './adoption.js'
import { errorCodeOf, removeFile } from './files.js'
import { createClaim, type Claim } from './claim.js'
import type { Destination } from './destination.js'
import { readEntry, writeEntry } from './entry-file.js'
import { HEADER_BYTES, MOST_BODY_BYTES, type EntryContent } from './entry-format.js'
import { LeftClaims } from './left-claims.js'
import { bytesOf, isFile } from './list.js'
import { isEntryName, SET_ASIDE } from './names.js'
import { thisProcess, type ProcessIdentity } from './process-identity.js'
import { Room } from './room.js'
import { setAside } from './set-aside.js'
import { Stamps } from './stamp.js'
import { folderProblem } from './trust.js'
import type { EncodedBatch } from '../delivery/queued-batch.js'

/** Batches on disk, for this process and, where it does not live to send them, for the next. Synchronous; never throws. */
export interface Spool {
  /** The name of the entry; undefined where it could not be written (full, read-only): the batch stays in memory then. */
  put(batch: Pick<EncodedBatch, 'bytes' | 'spans'>): string | undefined
  /** Takes over entries that processes which have ended left behind, at most once each; the oldest first. */
  adopt(): readonly string[]
  /** Undefined where the entry is gone, can't be read now, or was torn or not ours; then it has been set aside. */
  read(name: string): Pick<EncodedBatch, 'bytes' | 'spans'> | undefined
  /** Whether the entry is still there, so that another process may read it. */
  has(name: string): boolean
  remove(name: string): void
  /** Ends the claim on the own entries, so that the next process need not wait for it to run out. */
  close(): void
}

export interface SpoolOptions {
  /** May be shared by any number of processes, also of several hosts. Made when there is something to write. */
  readonly folder: string
  /** For the entries of all processes together, as far as this one knows. */
  readonly maxBytes: number
  /** Whom this process sends to; nothing else is adopted. */
  readonly destination: Destination
  /** The time of day, for names and leases: other processes compare theirs with it. */
  readonly nowEpochMillis: () => number
  /** Called once for each key. */
  readonly warn: (key: string, message: string) => void
  readonly clock?: Clock
}

/** A read-only folder or a full disk must not cost system calls for each batch. */
const RETRY_MILLIS = 10_000
/** What a process lacks, and another may have: nothing is wrong with the file. */
const SHORTAGES = new Set(['EMFILE', 'ENFILE', 'ENOMEM'])

/** Only looks at the disk, until there is something to write or to adopt. */
export class FolderSpool implements Spool {
  readonly #folder: string
  readonly #maxBytes: number
  readonly #nowEpochMillis: () => number
  readonly #warn: SpoolOptions['warn']
  readonly #clock: Clock
  readonly #room: Room
  readonly #me: ProcessIdentity = thisProcess()
  readonly #destination: Destination
  readonly #stamps: Stamps
  readonly #leftClaims: LeftClaims
  readonly #warned = new Set<string>()
  #claim: Claim | undefined
  #writeFromMillis = -Infinity
  #isClosed = false

  constructor({ folder, maxBytes, destination, nowEpochMillis, warn, clock = monotonicClock }: SpoolOptions) {
    // The app may change its working directory.
    this.#folder = resolve(folder)
    this.#maxBytes = maxBytes
    this.#nowEpochMillis = nowEpochMillis
    this.#warn = warn
    this.#clock = clock
    this.#destination = destination
    this.#stamps = new Stamps(destination.identity)
    const [me, stamps] = [this.#me, this.#stamps]
    const warnOnce = (key: string, message: string): void => this.#warnOnce(key, message)
    this.#leftClaims = new LeftClaims({ folder: this.#folder, me, stamps, clock, nowEpochMillis, warnOnce })
    this.#room = new Room(this.#folder, maxBytes, clock)
  }

  put(batch: EntryContent): string | undefined {
    if (this.#isClosed || !this.#isUsable() || batch.bytes.length > MOST_BODY_BYTES) return undefined
    const bytes = HEADER_BYTES + batch.bytes.length
    if (!this.#room.hasRoomFor(bytes)) {
      const message = `the spool ${this.#folder} has reached its ${this.#maxBytes} bytes: batches stay in memory`
      this.#warnOnce('spool full', message)
      return undefined
    }
    return this.#writing(() => {
      const claim = this.#heldClaim()
      const name = claim.nextEntryName()
      writeEntry(join(claim.path, name), batch, this.#stamps.own)
      this.#room.count(bytes)
      return name
    })
  }

  adopt(): readonly string[] {
    if (this.#isClosed || !this.#isUsable()) return []
    const abandoned = this.#leftClaims.forUs(this.#claim?.path)
    // Without abandoned claims, nothing is made.
    const claim = (abandoned.length > 0 ? this.#writing(() => this.#heldClaim()) : undefined) ?? this.#claim
    if (claim === undefined) return []
    for (const name of abandoned) this.#take(name, claim)
    const names = unpackClaims(claim.path, (path) => setAside(this.#folder, path, this.#maxBytes))
    this.#room.measure()
    return names.sort()
  }

  read(name: string): EntryContent | undefined {
    const path = this.#pathOf(name)
    if (path === undefined) return undefined
    let content: EntryContent | string
    try {
      content = whileHeld(() => readEntry(path, this.#stamps))
    } catch (error) {
      content = messageOf(error)
      if (SHORTAGES.has(errorCodeOf(error)) || errorCodeOf(error) === 'ENOENT' || isHeld(error)) {
        this.#warnOnce('spool read', `an entry of the spool ${this.#folder} can't be read: ${content}`)
        return undefined
      }
    }
    if (typeof content !== 'string') return content
    const place = join(this.#folder, SET_ASIDE)
    this.#warnOnce('spool damage', `${path} is no entry: ${content}. Such files of the spool are set aside in ${place}`)
    setAside(this.#folder, path, this.#maxBytes)
    this.#room.measure()
    return undefined
  }

  has(name: string): boolean {
    const path = this.#pathOf(name)
    return path !== undefined && isFile(path)
  }

  remove(name: string): void {
    const path = this.#pathOf(name)
    if (path === undefined) return
    const bytes = bytesOf(path)
    try {
      removeFile(path)
      this.#room.count(-bytes)
    } catch (error) {
      if (errorCodeOf(error) === 'ENOENT') return
      const message = `an entry of the spool ${this.#folder} can't be deleted, so that it may be sent again`
      this.#warnOnce('spool remove', `${message}: ${messageOf(error)}`)
    }
  }

  close(): void {
    this.#isClosed = true
    this.#claim?.release()
    this.#claim = undefined
  }

  /** Undefined where writing fails or has failed just now. */
  #writing<T>(write: () => T): T | undefined {
    if (this.#clock.nowMillis() < this.#writeFromMillis) return undefined
    try {
      return write()
    } catch (error) {
      this.#writeFromMillis = this.#clock.nowMillis() + RETRY_MILLIS
      const message = `the spool ${this.#folder} can't be written to, batches stay in memory`
      this.#warnOnce(`spool write ${errorCodeOf(error)}`, `${message}: ${messageOf(error)}`)
      return undefined
    }
  }

  /** Throws where there is none and none can be made. */
  #heldClaim(): Claim {
    if (this.#claim?.isHeld()) return this.#claim
    // It was deleted, or taken: what is in it is another's now.
    this.#claim?.release()
    this.#claim = undefined
    return (this.#claim = createClaim(this.#folder, this.#me, this.#destination.name, this.#nowEpochMillis))
  }

  /** Looked at each time: it may be made, or changed, at any time. */
  #isUsable(): boolean {
    const problem = folderProblem(this.#folder)
    if (problem === undefined) return true
    const message = `the spool ${this.#folder} is not used, batches stay in memory: ${problem}`
    const hint = 'Name a folder of this user alone, or one below it that is not there yet'
    this.#warnOnce('spool refused', `${message}. ${hint}`)
    return false
  }

  #take(name: string, claim: Claim): void {
    try {
      takeClaim(this.#folder, name, claim.path)
    } catch (error) {
      this.#warnOnce('spool adopt', `${name} in the spool ${this.#folder} can't be taken over: ${messageOf(error)}`)
    }
  }

  #pathOf(name: string): string | undefined {
    return this.#claim !== undefined && isEntryName(name) ? join(this.#claim.path, name) : undefined
  }

  #warnOnce(key: string, message: string): void {
    if (this.#warned.has(key)) return
    this.#warned.add(key)
    this.#warn(key, message)
  }
}
