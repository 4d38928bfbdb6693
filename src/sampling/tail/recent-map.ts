/**
 * Remembers at least the last `generation` keys that were set or read, and at most twice as many. Two maps that take
 * turns: to delete the oldest key of one map again and again walks over all keys deleted before it.
 */
export class RecentMap<V> {
  readonly #generation: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  constructor(generation: number) {
    this.#generation = generation
  }

  get(key: string): V | undefined {
    if (this.#young.size === 0) return undefined
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.size > 0 ? this.#old.get(key) : undefined
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#generation && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}
