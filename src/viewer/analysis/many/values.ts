/** Values of traces, sorted; a trace that has none counts as 0. */
export class Values {
  /** How many traces have one. */
  readonly present: number
  readonly #sorted: readonly number[]
  readonly #zeros: number

  constructor(values: readonly number[], traces: number) {
    this.#sorted = values.toSorted((a, b) => a - b)
    this.present = values.length
    this.#zeros = traces - values.length
  }

  /** The value of nearest rank, as if one of these values were not there. 0 for none. */
  rank(share: number, without?: number): number {
    const total = this.#zeros + this.#sorted.length - (without === undefined ? 0 : 1)
    let index = Math.max(Math.ceil(total * share) - 1, 0)
    if (without !== undefined && index >= this.#indexOf(without)) index += 1
    return index < this.#zeros ? 0 : (this.#sorted[index - this.#zeros] ?? 0)
  }

  #indexOf(value: number): number {
    if (value === 0 && this.#zeros > 0) return 0
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#sorted[middle] ?? 0) >= value) high = middle
      else low = middle + 1
    }
    return this.#zeros + low
  }
}
