import { constants } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { TraceStore } from '../../viewer/model/trace-store.js'
import { forwardSignals, startAppProcess, type AppEnd } from '../app-process.js'

export interface AppRun {
  /** What a shell would have it as: 128 and the signal's number for an end by signal, 127 for what could not be started. */
  readonly status: number
  readonly end: AppEnd
  /** Whether this process was asked to end, and passed that on. */
  readonly wasAsked: boolean
}

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
const NOT_STARTED = 127
const ENDED_BY_SIGNAL = 128

/** Runs the app to its end. Signals to this process go on to it. */
export async function runApp(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  { ownsStdout }: { readonly ownsStdout: boolean },
): Promise<AppRun> {
  const app = startAppProcess(command, env, ownsStdout)
  let wasAsked = false
  const stopForwarding = forwardSignals(FORWARDED, app, () => (wasAsked = true))
  try {
    const end = await app.ended
    return { status: statusOf(end), end, wasAsked }
  } finally {
    stopForwarding()
  }
}

function statusOf({ exitCode, signal, notStarted }: AppEnd): number {
  if (notStarted !== undefined) return NOT_STARTED
  return exitCode ?? (signal === null ? 1 : ENDED_BY_SIGNAL + constants.signals[signal])
}

/** Spans that left as the app ended are here when it has; those of its children, or of other services, come a little later. */
const LATEST_MILLIS = 2_000
const QUIET_MILLIS = 300
const LOOK_MILLIS = 50

/** Waits until nothing has arrived for a while: two seconds at most, and all of them where nothing has arrived at all. */
export async function lateSpans(store: TraceStore): Promise<void> {
  let quietMillis = 0
  const stop = store.onChange(() => (quietMillis = 0))
  try {
    for (let waited = 0; waited < LATEST_MILLIS; waited += LOOK_MILLIS) {
      if (quietMillis >= QUIET_MILLIS && store.counts().spans > 0) return
      await delay(LOOK_MILLIS)
      quietMillis += LOOK_MILLIS
    }
  } finally {
    stop()
  }
}
