import { constants } from 'node:os'
import { attempt } from '../checks/attempt.js'
import type { WatchedSignal } from './signal-watch.js'

/** STATUS_CONTROL_C_EXIT: what Windows ends a process with for Ctrl+C, and as its console is closed. */
const CONTROL_C_EXIT = 0xc000_013a

/**
 * Ends the process as the signal does that nobody listens to. Windows has no signals to raise: `process.kill` ends with
 * status 1 there, or throws. Where a signal can't be raised elsewhere (a sandbox), the status is the one that shells show.
 * Returns where the process survives the signal, as PID 1 in a container does.
 */
export function endBySignal(signal: WatchedSignal): void {
  const { reallyExit } = process as unknown as { reallyExit: (code: number) => void }
  if (process.platform === 'win32') reallyExit.call(process, CONTROL_C_EXIT)
  else if (!attempt(() => (process.kill(process.pid, signal), true), false)) {
    reallyExit.call(process, 128 + constants.signals[signal])
  }
}
