const TABLE_SIZE = 4096
const LONGEST_KEPT = 40

/**
 * Reads UTF-8 text out of bytes. Short ASCII texts are kept and shared: keys, names and most values come again with
 * every span, and one string for all of them is both faster than to decode and a fraction of the memory.
 */
export class TextReader {
  readonly #bytes: Buffer
  readonly #kept: (string | undefined)[]

  constructor(bytes: Uint8Array, kept: (string | undefined)[] = SHARED) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#kept = kept
  }

  text(start: number, end: number): string {
    const length = end - start
    if (length === 0) return ''
    if (length > LONGEST_KEPT) return this.#bytes.toString('utf8', start, end)
    let hash = length
    for (let at = start; at < end; at++) {
      const byte = this.#bytes[at] ?? 0
      if (byte >= 0x80) return this.#bytes.toString('utf8', start, end)
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    const slot = (hash ^ (hash >>> 15)) & (TABLE_SIZE - 1)
    const kept = this.#kept[slot]
    if (kept !== undefined && this.#equals(kept, start, length)) return kept
    return (this.#kept[slot] = this.#bytes.toString('latin1', start, end))
  }

  hex(start: number, end: number): string {
    return this.#bytes.toString('hex', start, end)
  }

  base64(start: number, end: number): string {
    return this.#bytes.toString('base64', start, end)
  }

  #equals(text: string, start: number, length: number): boolean {
    if (text.length !== length) return false
    for (let n = 0; n < length; n++) if (text.charCodeAt(n) !== this.#bytes[start + n]) return false
    return true
  }
}

/** At most 4096 texts of 40 characters, for the life of the process. */
const SHARED: (string | undefined)[] = new Array<string | undefined>(TABLE_SIZE).fill(undefined)
