/** Items in their order of arrival, at most so many; taken out in batches. */
export class SpanQueue<T> {
  readonly #most: number
  #items: T[] = []

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#items.length
  }

  /** False where there is no room: the newest is the one to go, as the specification has it. */
  push(item: T): boolean {
    if (this.#items.length >= this.#most) return false
    this.#items.push(item)
    return true
  }

  take(most: number): T[] {
    if (this.#items.length > most) return this.#items.splice(0, most)
    const all = this.#items
    this.#items = []
    return all
  }
}
