/** The last traces that spans were shed of: what comes of them later is of no use any more. */
export class ShedTraces {
  #newer = new Set<number>()
  #older = new Set<number>()

  /** @param randomness tells traces apart: 52 bits of it are known. */
  add(randomness: number): void {
    if (this.#newer.size >= MOST_OF_A_GENERATION) {
      this.#older = this.#newer
      this.#newer = new Set()
    }
    this.#newer.add(randomness)
  }

  has(randomness: number): boolean {
    return this.#newer.has(randomness) || this.#older.has(randomness)
  }

  get isEmpty(): boolean {
    return this.#newer.size === 0
  }

  clear(): void {
    this.#newer.clear()
    this.#older.clear()
  }
}

const MOST_OF_A_GENERATION = 10_000
