import { monotonicClock } from '../runtime/clock.js'
import { interceptMethod } from './intercepted-method.js'
import { SignalEnd } from './signal-end.js'
import { isWatched } from './signal-watch.js'
import { processWide } from '../runtime/process-wide.js'

/** A part that has spans to send before the process ends. Nothing of it throws or rejects. */
export interface ExitHook {
  /** How long it may take in all. */
  readonly timeoutMillis: number
  /** Passes on what it holds back. */
  prepare(): void
  /** Whether it can send only while the event loop turns; asked after `prepare`. */
  readonly needsEventLoop: boolean
  /** Grows when there is something new to send. */
  readonly pending: number
  /** Sends everything while the event loop still turns. */
  flush(timeoutMillis: number): Promise<void>
  /**
   * Begins to send or give up everything, and returns at once: so all hooks wait at the same time for what
   * `flushSync`, which follows, waits for. Hooks of older copies have no such part.
   */
  startLeaving?(timeoutMillis: number): void
  /** Sends or gives up everything, at once: the event loop does not turn any more. Older copies call it alone. */
  flushSync(timeoutMillis: number): void
}

/**
 * The hooks of all copies of this package in a process, also of other versions: two sets would leave a signal to each other.
 * Its shape, and that of a hook, is shared with them. A change takes the next number, unless both sides can do
 * without what is new.
 */
const exitHooks = processWide('exit-hooks.2', (): ExitHooks => ({ hooks: new Set() }))

interface ExitHooks {
  readonly hooks: Set<ExitHook>
  /** Set by the copy that watches the process, for all. */
  uninstall?: (() => void) | undefined
}

const { hooks } = exitHooks
/** What has been flushed already, so that a flush at `beforeExit` does not call for another one for ever. */
const flushedUpTo = new WeakMap<ExitHook, number>()

/**
 * Takes part in the end of the process, whichever way it comes: off the end, `process.exit`, a throw, a rejection, SIGTERM,
 * SIGINT, SIGHUP. The last hook comes first, since it may pass spans on to those before it.
 *
 * @returns a function that ends this
 */
export function addExitHook(hook: ExitHook): () => void {
  hooks.add(hook)
  exitHooks.uninstall ??= install()
  return () => {
    hooks.delete(hook)
    if (hooks.size > 0) return
    exitHooks.uninstall?.()
    exitHooks.uninstall = undefined
  }
}

/** What a batch processor sends by. */
interface ExitingPipeline extends Pick<ExitHook, 'needsEventLoop' | 'flush'> {
  send(): void
  startLeaving(timeoutMillis: number): void
  shutdownSync(timeoutMillis: number): void
}

/** @param ended how many items the pipeline was given so far */
export function addPipelineExitHook(pipeline: ExitingPipeline, timeoutMillis: number, ended: () => number): () => void {
  return addExitHook({
    timeoutMillis,
    prepare: () => pipeline.send(),
    get needsEventLoop() {
      return pipeline.needsEventLoop
    },
    get pending() {
      return ended()
    },
    flush: (millis) => pipeline.flush(millis),
    startLeaving: (millis) => pipeline.startLeaving(millis),
    flushSync: (millis) => pipeline.shutdownSync(millis),
  })
}

/**
 * The app's way of ending stays its own: its status, its handlers, and the signal it ends by. All goes through two methods
 * of `process`, and no listener of ours is there to be counted by others.
 */
function install(): () => void {
  const host = process as unknown as ProcessInternals
  const signals = new SignalEnd(flushAll, flushInRest)
  const restoreEmit = interceptMethod(host, 'emit', (emit) => emitWithHooks(emit, signals))
  const restoreReallyExit = interceptMethod(host, 'reallyExit', reallyExitWithHooks)
  signals.watch()
  return () => {
    signals.unwatch()
    restoreEmit()
    restoreReallyExit()
  }
}

/** What every way to the end of a process goes through; the second is what `process.exit` calls last. */
interface ProcessInternals {
  emit: (this: unknown, event: string | symbol, ...args: unknown[]) => boolean
  reallyExit: (this: unknown, code: number) => never
}

/**
 * `exit` is over after the app's own listeners, which may end spans, and also when one of them calls `process.exit`, which
 * skips those behind it. A listener of ours could do neither.
 */
function emitWithHooks(emit: ProcessInternals['emit'], signals: SignalEnd): ProcessInternals['emit'] {
  // Calls it in each case itself: a function between would be in the stacks that listeners print.
  return function (this: unknown, ...args) {
    const [event, argument] = args
    switch (event) {
      case 'exit':
        try {
          return emit.apply(this, args)
        } finally {
          flushAllSync()
        }
      case 'beforeExit':
        flushPending()
        return emit.apply(this, args)
      case 'removeListener':
        try {
          return emit.apply(this, args)
        } finally {
          signals.listenerRemoved(argument)
        }
      default:
        // By hand, an event has no arguments; then it ends nothing, whether it has listeners or not.
        return isWatched(event) && argument === event && signals.arrived(event) ? true : emit.apply(this, args)
    }
  }
}

function reallyExitWithHooks(reallyExit: ProcessInternals['reallyExit']): ProcessInternals['reallyExit'] {
  return function (this: unknown, code) {
    flushAllSync()
    return reallyExit.call(this, code)
  }
}

/** One after the other, a backend that hangs would leave no time to those behind the first. */
function flushAllSync(timeoutMillisLeft = Infinity): void {
  const began = monotonicClock.nowMillis()
  const leaving = [...hooks].reverse()
  const timeLeftTo = ({ timeoutMillis }: ExitHook): number =>
    Math.max(0, Math.min(timeoutMillis, timeoutMillisLeft) - (monotonicClock.nowMillis() - began))
  for (const hook of leaving) hook.startLeaving?.(timeLeftTo(hook))
  for (const hook of leaving) hook.flushSync(timeLeftTo(hook))
}

function needingEventLoop(): ExitHook[] {
  for (const hook of [...hooks].reverse()) hook.prepare()
  return [...hooks].filter(({ needsEventLoop }) => needsEventLoop)
}

/** Only what needs the event loop: all else leaves at `exit`, and does not make the app's own handler be called again. */
function flushPending(): void {
  for (const hook of needingEventLoop()) {
    const { pending } = hook
    if (flushedUpTo.get(hook) === pending) continue
    flushedUpTo.set(hook, pending)
    void hook.flush(hook.timeoutMillis)
  }
}

/** Undefined when nothing has to wait for the event loop. */
function flushAll(): Promise<unknown> | undefined {
  const flushes = needingEventLoop().map((hook) => hook.flush(hook.timeoutMillis))
  return flushes.length === 0 ? undefined : Promise.all(flushes)
}

/** Sends or gives up everything, after a flush that took some of the time. */
function flushInRest(passedMillis: number): void {
  const longest = Math.max(0, ...[...hooks].map(({ timeoutMillis }) => timeoutMillis))
  flushAllSync(longest - passedMillis)
}
