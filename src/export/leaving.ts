import { messageOf, warnOnce } from '../internal/diagnostics.js'

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Sends out what is queued when the process is about to end by itself or by a signal. The app's way of leaving stays its own:
 * a signal for which ours is the only listener is raised again, so that the process ends by it; where the app has
 * listeners of its own, ending is up to them.
 *
 * @param flush sends everything; bounded in time by the caller, never rejects
 * @returns a function that removes the listeners
 */
export function flushBeforeLeaving(flush: () => Promise<void>): () => void {
  const onBeforeExit = (): void => void flush()
  const leavingBy = new Set<NodeJS.Signals>()
  const onSignal = (signal: NodeJS.Signals): void => {
    // An impatient sender signals twice; one flush, and one listener put back, are enough.
    if (leavingBy.has(signal)) return
    leavingBy.add(signal)
    void flush().then(() => {
      leavingBy.delete(signal)
      if (process.listenerCount(signal) > 1) return
      process.removeListener(signal, onSignal)
      process.kill(process.pid, signal)
      // Still here: the process survives the signal, as PID 1 in a container does. Be ready for the next one.
      setImmediate(() => process.on(signal, onSignal))
    })
  }
  // `beforeExit` comes again each time the flush has made the loop turn; once is enough.
  process.once('beforeExit', onBeforeExit)
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return () => {
    process.removeListener('beforeExit', onBeforeExit)
    for (const signal of SIGNALS) process.removeListener(signal, onSignal)
  }
}

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
    timer = setTimeout(resolve, timeoutMillis, 'timeout')
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
