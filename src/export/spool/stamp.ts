import { randomBytes, scryptSync } from 'node:crypto'

/** In each entry: for which destination it was written. A salt, then the hash of that and the destination. */
export const STAMP_BYTES = 48
const SALT_BYTES = 16

/**
 * A few milliseconds for each stamp that is compared: headers may hold a password, and a reader of the folder must
 * not be able to try all short ones.
 */
const COST = 1_024
const MOST_REMEMBERED = 1_000

export class Stamps {
  readonly #identity: string
  readonly #known = new Map<string, boolean>()
  #own: Buffer | undefined

  /** @param identity of the destination of this process */
  constructor(identity: string) {
    this.#identity = identity
  }

  /** For what this process writes. Each process has a salt of its own. */
  get own(): Buffer {
    if (this.#own) return this.#own
    const salt = randomBytes(SALT_BYTES)
    this.#own = Buffer.concat([salt, this.#hashWith(salt)])
    this.#known.set(this.#own.toString('hex'), true)
    return this.#own
  }

  /** Whether it was written for the destination of this process. */
  isOwn(stamp: Buffer): boolean {
    const key = stamp.toString('hex')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const isOwn = this.#hashWith(stamp.subarray(0, SALT_BYTES)).equals(stamp.subarray(SALT_BYTES))
    if (this.#known.size < MOST_REMEMBERED) this.#known.set(key, isOwn)
    return isOwn
  }

  #hashWith(salt: Buffer): Buffer {
    return scryptSync(this.#identity, salt, STAMP_BYTES - SALT_BYTES, { N: COST })
  }
}
