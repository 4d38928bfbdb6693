import type { Clock } from '../../internal/runtime/clock.js'
import { usedBytes } from './list.js'

/** A full spool is not measured again for each batch. */
const MEASURE_AFTER_MILLIS = 10_000

/** What may still be written: measured now and then, since other processes write and delete too, and counted between. */
export class Room {
  readonly #folder: string
  readonly #maxBytes: number
  readonly #clock: Clock
  #usedBytes = 0
  #measuredMillis = 0

  constructor(folder: string, maxBytes: number, clock: Clock) {
    this.#folder = folder
    this.#maxBytes = maxBytes
    this.#clock = clock
    this.measure()
  }

  hasRoomFor(bytes: number): boolean {
    if (this.#usedBytes + bytes <= this.#maxBytes) return true
    if (this.#clock.nowMillis() - this.#measuredMillis < MEASURE_AFTER_MILLIS) return false
    this.measure()
    return this.#usedBytes + bytes <= this.#maxBytes
  }

  /** Counts what has been written; what has been deleted is negative. */
  count(bytes: number): void {
    this.#usedBytes += bytes
  }

  measure(): void {
    this.#usedBytes = usedBytes(this.#folder)
    this.#measuredMillis = this.#clock.nowMillis()
  }
}
