const FIRST_MILLIS = 1_000
const LONGEST_MILLIS = 15_000
const JITTER = 0.2
const FIRST_IN_FLUSH_MILLIS = 100
const LONGEST_IN_FLUSH_MILLIS = 1_000
const LONGEST_REQUESTED_MILLIS = 300_000

/** `failures` in a row, from 1; `random` is from 0 to 1 and spreads what many processes do. */
export function backoffMillis(failures: number, random: number): number {
  const nominal = Math.min(FIRST_MILLIS * 2 ** (failures - 1), LONGEST_MILLIS)
  return Math.round(nominal * (1 - JITTER + 2 * JITTER * random))
}

/** During a flush, which is short. */
export function flushBackoffMillis(failures: number): number {
  return Math.min(FIRST_IN_FLUSH_MILLIS * 2 ** (failures - 1), LONGEST_IN_FLUSH_MILLIS)
}

/** The delay that the backend asked for, within bounds. */
export function requestedMillis(retryAfterMillis: number | undefined): number | undefined {
  if (retryAfterMillis === undefined || Number.isNaN(retryAfterMillis)) return undefined
  return Math.min(Math.max(retryAfterMillis, 0), LONGEST_REQUESTED_MILLIS)
}
