/** A source of time. Injected wherever something waits or measures, so that tests advance it. */
export interface Clock {
  /** Milliseconds since a fixed point; never goes back. */
  nowMillis(): number
}

/** Since the start of the process: its threads share this clock. */
export const monotonicClock: Clock = { nowMillis: () => performance.now() }

/** Milliseconds since 1970: the time that processes share. May be set back. */
export const nowEpochMillis = (): number => Date.now()

/** What spans are timed with: one clock says when a trace began, the other how long each part of it took. */
export interface SpanTimeSource extends Clock {
  /** Milliseconds since 1970. */
  nowEpochMillis(): number
}

export const systemTime: SpanTimeSource = { ...monotonicClock, nowEpochMillis }
