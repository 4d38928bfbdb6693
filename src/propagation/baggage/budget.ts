const MOST_MEMBERS = 64
const MOST_BYTES = 8_192

/**
 * What goes into one baggage: 64 members, and 8,192 bytes with the commas between them. The specification lets nobody
 * propagate less (section 3.3.2); more would be a burden that any caller could put on all callees.
 */
export class Budget {
  #members = 0
  #bytes = 0

  /** Whether a member of that many bytes still fits; if so, it is counted. */
  take(bytes: number): boolean {
    const total = this.#bytes + bytes + (this.#members === 0 ? 0 : 1)
    if (this.#members === MOST_MEMBERS || total > MOST_BYTES) return false
    this.#members += 1
    this.#bytes = total
    return true
  }
}
