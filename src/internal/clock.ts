/** A source of time. Injected wherever something waits or measures, so that tests advance it. */
export interface Clock {
  /** Milliseconds since a fixed point; never goes back. */
  nowMillis(): number
}

export const monotonicClock: Clock = { nowMillis: () => performance.now() }

/** Milliseconds since 1970: the time that threads and processes share. May be set back. */
export const nowEpochMillis = (): number => Date.now()
