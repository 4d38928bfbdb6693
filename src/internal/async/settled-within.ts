import { messageOf, warnOnce } from '../diagnostics/diagnostics.js'
import { LONGEST_TIMER_MILLIS } from './within-millis.js'

/**
 * Waits until all work has settled, but not longer than the time given. Never rejects: a backend that is away is told, once,
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
    warnOnce(`${what} failed`, `${what} failed, some are lost: ${messageOf(error)}`)
  }
}
