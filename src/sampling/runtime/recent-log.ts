/**
 * Remembers what was added last, so many entries. Something is added for every trace, and hardly ever looked up: so to add is
 * two writes, and where each key is, is found out for whoever asks.
 */
export class RecentLog<V> {
  readonly #capacity: number
  /** Rings: the n-th addition is at n modulo the capacity. */
  readonly #keys: string[] = []
  readonly #values: V[] = []
  /** Of a key, its last addition; of all that had been added when somebody asked. */
  readonly #index = new Map<string, number>()
  #added = 0
  #indexed = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  add(key: string, value: V): void {
    const place = this.#added % this.#capacity
    if (this.#index.size > 0) this.#forget(place)
    this.#keys[place] = key
    this.#values[place] = value
    this.#added += 1
  }

  get(key: string): V | undefined {
    const place = this.#placeOf(key)
    return place === undefined ? undefined : this.#values[place]
  }

  /** Does nothing where the key is not remembered any more. */
  replace(key: string, value: V): void {
    const place = this.#placeOf(key)
    if (place !== undefined) this.#values[place] = value
  }

  /** What is there is about to be overwritten. */
  #forget(place: number): void {
    const key = this.#keys[place]
    if (key !== undefined && this.#index.get(key) === this.#added - this.#capacity) this.#index.delete(key)
  }

  #placeOf(key: string): number | undefined {
    for (let n = Math.max(this.#indexed, this.#added - this.#capacity); n < this.#added; n++) {
      const added = this.#keys[n % this.#capacity]
      if (added !== undefined) this.#index.set(added, n)
    }
    this.#indexed = this.#added
    const last = this.#index.get(key)
    return last === undefined ? undefined : last % this.#capacity
  }
}
