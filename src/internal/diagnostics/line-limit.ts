import { monotonicClock, type Clock } from '../runtime/clock.js'

/** Of warnings, in a period. */
const MOST_LINES = 100
const PERIOD_MILLIS = 60_000
const MOST_REMEMBERED = 1_000

export const LINES_LEFT_OUT =
  'more than 100 different warnings in a minute: the next ones are left out until it is over'

/** Which lines are new, and how many of them a minute may have: what an error says can be different each time. */
export class LineLimit {
  readonly #mostLines: number
  readonly #clock: Clock
  readonly #remembered = new Set<string>()
  #periodBeganMillis = -Infinity
  #lines = 0

  constructor(mostLines: number = MOST_LINES, clock: Clock = monotonicClock) {
    this.#mostLines = mostLines
    this.#clock = clock
  }

  /**
   * Whether to print the line with this key. Of a line that is left out nothing is remembered. `last`: print that others
   * are left out.
   */
  decide(key: string): 'print' | 'last' | 'skip' {
    if (this.#remembered.has(key)) return 'skip'
    const now = this.#clock.nowMillis()
    if (now - this.#periodBeganMillis >= PERIOD_MILLIS) {
      this.#periodBeganMillis = now
      this.#lines = 0
    }
    this.#lines += 1
    if (this.#lines > this.#mostLines) return this.#lines === this.#mostLines + 1 ? 'last' : 'skip'
    this.#remember(key)
    return 'print'
  }

  /** The oldest is forgotten first, and may be printed once more. */
  #remember(key: string): void {
    if (this.#remembered.size >= MOST_REMEMBERED) {
      const [oldest = ''] = this.#remembered
      this.#remembered.delete(oldest)
    }
    this.#remembered.add(key)
  }
}
