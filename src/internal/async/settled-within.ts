import { warnOnce, warnOfError } from '../diagnostics/diagnostics.js'

/** A timer that is set for longer fires at once. */
export const LONGEST_TIMER_MILLIS: number = 2 ** 31 - 1

/** Waits for the work, but not longer than that; keeps the process alive meanwhile. The work must not reject. */
export async function withinMillis(millis: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), Math.min(Math.max(0, millis), LONGEST_TIMER_MILLIS))
  await Promise.race([work, promise])
  clearTimeout(timer)
}

/**
 * Waits until all work has settled, but not longer than the time given. Never rejects: a backend that is away is logged, once,
 * and is no reason for the host to fail.
 */
export async function settledWithin(
  timeoutMillis: number,
  what: string,
  start: () => readonly Promise<unknown>[],
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<'timeout'>((resolve) => {
    timer = setTimeout(resolve, Math.min(timeoutMillis, LONGEST_TIMER_MILLIS), 'timeout')
  })
  if ((await Promise.race([settled(what, start), timeout])) === 'timeout') {
    warnOnce(`${what} timeout`, `${what} took longer than ${timeoutMillis} ms; some may be lost. Is the backend there?`)
  }
  clearTimeout(timer)
}

/** Waits however long it takes. Never rejects either. */
export async function settled(what: string, start: () => readonly Promise<unknown>[]): Promise<void> {
  try {
    const outcomes = await Promise.allSettled(start())
    const failure = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failure) throw failure.reason
  } catch (error) {
    warnOfError(`${what} failed, some are lost`, error)
  }
}
