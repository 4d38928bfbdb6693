import { monotonicClock } from './clock.js'

/** What Windows answers while another process, a virus scanner or an indexer, has the file open. */
const HELD = new Set(['EPERM', 'EACCES', 'EBUSY', 'ENOTEMPTY'])
/** 15 ms in all: the app may be waiting. */
const PAUSES_MILLIS = [1, 2, 4, 8]
/** After a file that stayed held, nothing is waited for: of many, each would take its time. */
const REST_MILLIS = 1_000

let restUntilMillis = -Infinity

/** Whether a file operation failed only because the file is held, and may work later. */
export function isHeld(error: unknown): boolean {
  return process.platform === 'win32' && HELD.has(String((error as { code?: unknown } | undefined)?.code))
}

/** Runs a file operation; on Windows again, a few times, while the file is held. @throws what it throws the last time */
export function whileHeld<T>(operation: () => T): T {
  for (const pause of PAUSES_MILLIS) {
    try {
      return operation()
    } catch (error) {
      if (!isHeld(error) || monotonicClock.nowMillis() < restUntilMillis) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause)
    }
  }
  try {
    return operation()
  } catch (error) {
    if (isHeld(error)) restUntilMillis = monotonicClock.nowMillis() + REST_MILLIS
    throw error
  }
}
