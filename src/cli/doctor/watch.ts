import { setTimeout as delay } from 'node:timers/promises'
import { monotonicClock } from '../../internal/runtime/clock.js'
import { forwardSignals, type AppEnd } from '../app-process.js'
import { startApp } from './running-app.js'
import type { ReportFolder } from './report-folder.js'
import type { WatchOptions } from './arguments.js'
import { livingProcesses, send } from './living-processes.js'
import { deliveredSpans } from './aggregate.js'

/** How the app ran. */
export interface AppRun extends AppEnd {
  /** Who ended it: itself, the doctor when it had seen enough, or a signal to the doctor. */
  readonly endedBy: 'itself' | 'doctor' | 'signal'
  /** SIGTERM was not enough. */
  readonly wasKilled: boolean
}

const LOOK_MILLIS = 200
const LAST_WORDS_MILLIS = 1_000
/** What an app gets to end in, as in many a container. */
const GRACE_MILLIS = 10_000
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs the app until it ends, or until enough was seen of it; then ends it. */
export async function watchApp(
  command: readonly string[],
  folder: ReportFolder,
  options: WatchOptions,
  say: (line: string) => void,
): Promise<AppRun> {
  const app = startApp(command, { folder: folder.path, key: folder.key, starts: options.starts }, !options.json)
  const stop = { asked: undefined as NodeJS.Signals | undefined }
  const stopForwarding = forwardSignals(FORWARDED, app, (signal) => (stop.asked = signal))
  try {
    const isOver = (): boolean => app.hasEnded || stop.asked !== undefined
    await Promise.race([app.ended, enoughSeen(folder, options, isOver)])
    // Spans that a process sends as it ends arrive before its end is known.
    if (!isOver() && !options.untilExit) await isOverWithin(LAST_WORDS_MILLIS, isOver)
    if (app.hasEnded && stop.asked === undefined) return { ...(await app.ended), endedBy: 'itself', wasKilled: false }
    if (stop.asked === undefined) say('Seen enough: ending the app by SIGTERM.')
    const wasKilled = await endApp(app, folder, stop.asked, say)
    return { ...(await app.ended), endedBy: stop.asked === undefined ? 'doctor' : 'signal', wasKilled }
  } finally {
    stopForwarding()
  }
}

async function enoughSeen(folder: ReportFolder, options: WatchOptions, isOver: () => boolean): Promise<undefined> {
  const began = monotonicClock.nowMillis()
  const isEnough = (): boolean => {
    const passed = monotonicClock.nowMillis() - began
    if (options.untilExit) return false
    if (options.seconds !== undefined) return passed >= options.seconds * 1_000
    return passed >= options.waitSeconds * 1_000 || deliveredSpans(folder.read()) > 0
  }
  while (!isOver() && !isEnough()) await delay(LOOK_MILLIS)
}

/** Also what the command has left behind: a shell between npm and Node.js may keep a signal to itself. */
async function endApp(
  app: ReturnType<typeof startApp>,
  folder: ReportFolder,
  sent: NodeJS.Signals | undefined,
  say: (line: string) => void,
): Promise<boolean> {
  if (sent === undefined) app.signal('SIGTERM')
  const signal = sent ?? 'SIGTERM'
  if (await isOverWithin(GRACE_MILLIS / 2, () => app.hasEnded && livingProcesses(folder.read()).length === 0))
    return false
  for (const pid of livingProcesses(folder.read())) send(pid, signal)
  if (await isOverWithin(GRACE_MILLIS / 2, () => app.hasEnded && livingProcesses(folder.read()).length === 0))
    return false
  say(`The app did not end by ${signal} in ${GRACE_MILLIS / 1_000} seconds: ending it by SIGKILL.`)
  app.signal('SIGKILL')
  for (const pid of livingProcesses(folder.read())) send(pid, 'SIGKILL')
  return true
}

async function isOverWithin(millis: number, isOver: () => boolean): Promise<boolean> {
  const began = monotonicClock.nowMillis()
  while (!isOver()) {
    if (monotonicClock.nowMillis() - began > millis) return false
    await delay(LOOK_MILLIS)
  }
  return true
}
