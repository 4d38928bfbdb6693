/** Empty places in front, at most, before the rest moves up. */
const MOST_EMPTY = 1_024

/** First in, first out, without the cost of an array's own `shift`, which moves everything behind it each time. */
export class Fifo<T> {
  #items: T[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  first(): T | undefined {
    return this.#items[this.#head]
  }

  shift(): T | undefined {
    const item = this.first()
    if (this.length === 0) return undefined
    // What has gone must not be held in memory by its place.
    this.#items[this.#head++] = undefined as T
    if (this.length === 0 || this.#head >= MOST_EMPTY) this.#moveUp()
    return item
  }

  /** Leaves out the items for which the test is false; in the order of the line. */
  keepOnly(isKept: (item: T) => boolean): void {
    // Into a new array, so that what the test itself may push is not lost.
    const items = this.#items.slice(this.#head)
    this.#items = []
    this.#head = 0
    for (const item of items) if (isKept(item)) this.#items.push(item)
  }

  *[Symbol.iterator](): Generator<T> {
    for (let at = this.#head; at < this.#items.length; at++) yield this.#items[at] as T
  }

  #moveUp(): void {
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }
}
