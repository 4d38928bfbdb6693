/** Waits for the work, but not longer than that; keeps the process alive meanwhile. The work must not reject. */
export async function withinMillis(millis: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), Math.max(0, millis))
  await Promise.race([work, promise])
  clearTimeout(timer)
}
