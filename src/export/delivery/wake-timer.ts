import type { Clock } from '../../internal/runtime/clock.js'

/** One timer that is moved about; keeps no process alive. */
export class WakeTimer {
  readonly #clock: Clock
  readonly #ring: () => void
  #at: number | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings once, at that time; undefined: not at all. */
  set(at: number | undefined): void {
    if (at === this.#at) return
    clearTimeout(this.#timer)
    this.#at = at
    if (at === undefined) return
    // Rounded up: a timer that rings a fraction too early would only be set again.
    const delay = Math.ceil(Math.max(0, at - this.#clock.nowMillis()))
    this.#timer = setTimeout(() => this.#onTimer(), delay).unref()
  }

  #onTimer(): void {
    this.#at = undefined
    this.#ring()
  }
}
