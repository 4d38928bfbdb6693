import { messageOf, warnOnce } from './diagnostics.js'
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
  // Inside an async function, so that a throw becomes a rejection.
  const settled = (async () => Promise.allSettled(start()))()
  try {
    const outcome = await Promise.race([settled, timeout])
    if (outcome === 'timeout') {
      warnOnce(
        `${what} timeout`,
        `${what} took longer than ${timeoutMillis} ms; some may be lost. Is the backend there?`,
      )
      return
    }
    const failure = outcome.find((result) => result.status === 'rejected')
    if (failure) warnOnce(`${what} failed`, `${what} failed, some are lost: ${messageOf(failure.reason)}`)
  } catch (error) {
    warnOnce(`${what} failed`, `${what} failed, some are lost: ${messageOf(error)}`)
  } finally {
    clearTimeout(timer)
  }
}
