/** A timer that is set for longer fires at once. */
export const LONGEST_TIMER_MILLIS: number = 2 ** 31 - 1

/** Waits for the work, but not longer than that; keeps the process alive meanwhile. The work must not reject. */
export async function withinMillis(millis: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), Math.min(Math.max(0, millis), LONGEST_TIMER_MILLIS))
  await Promise.race([work, promise])
  clearTimeout(timer)
}
