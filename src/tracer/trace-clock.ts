import type { HrTime } from '@opentelemetry/api'
import { isTimeInputHrTime } from '@opentelemetry/core'
import type { SpanTimeSource } from '../internal/runtime/clock.js'

/** The two clocks drift apart when the machine sleeps or its time is set. */
const LONGEST_USE_MILLIS = 60_000

/**
 * The time within the local part of a trace: the wall clock as its root began, and what the monotonic clock has
 * counted since. So a child never begins before its parent and siblings stand in their order, also within a millisecond,
 * and when the wall clock is set meanwhile.
 */
export class TraceClock {
  readonly #time: SpanTimeSource
  readonly #startedAt: number
  readonly #epochSeconds: number
  readonly #millisOfSecond: number

  /** @param nowMillis what the monotonic clock says; read once for all that begins at a time, as reading it takes longest */
  constructor(time: SpanTimeSource, nowMillis: number) {
    const epochMillis = time.nowEpochMillis()
    this.#time = time
    this.#startedAt = nowMillis
    // Apart, because a number that counts milliseconds since 1970 has no room for nanoseconds.
    this.#epochSeconds = Math.floor(epochMillis / 1_000)
    this.#millisOfSecond = epochMillis - this.#epochSeconds * 1_000
  }

  /** The clock of a span that begins now, beneath one that has this clock. */
  forChild(nowMillis: number): TraceClock {
    return nowMillis - this.#startedAt < LONGEST_USE_MILLIS ? this : new TraceClock(this.#time, nowMillis)
  }

  now(): HrTime {
    return this.at(this.#time.nowMillis())
  }

  /** The time at which the monotonic clock said so. */
  at(nowMillis: number): HrTime {
    return hrTimeOf(this.#epochSeconds, this.#millisOfSecond + (nowMillis - this.#startedAt))
  }

  /**
   * A time that is given, in the API's forms: `HrTime`, `Date`, milliseconds since 1970, or a `performance.now()`.
   * Now, where it is none of them, or no time at all.
   */
  timeOf(given: unknown): HrTime {
    if (given === undefined) return this.now()
    if (isTimeInputHrTime(given)) {
      const [seconds, nanos] = given
      return isFinite(seconds + nanos) ? [seconds, nanos] : this.now()
    }
    const millis = given instanceof Date ? given.getTime() : given
    if (typeof millis !== 'number' || !isFinite(millis)) return this.now()
    // No performance.now() can lie in the future, and no span in the first days of 1970.
    if (millis === given && millis <= this.#time.nowMillis()) return this.at(millis)
    return hrTimeOf(0, millis)
  }
}

function hrTimeOf(epochSeconds: number, millis: number): HrTime {
  const seconds = Math.floor(millis / 1_000)
  return [epochSeconds + seconds, Math.floor((millis - seconds * 1_000) * 1e6)]
}
