import { nowEpochMillis } from './clock.js'

/** Something that has spans to get rid of before the process ends. Nothing of it throws or rejects. */
export interface Departure {
  /** How long it may take in all. */
  readonly timeoutMillis: number
  /** Passes on what it holds back, to whoever sends it. */
  handOver(): void
  /** Whether it can send only while the event loop turns; asked after `handOver`. */
  readonly needsEventLoop: boolean
  /** Grows when there is something new to send. */
  readonly news: number
  /** Sends everything while the event loop still turns. */
  flush(timeoutMillis: number): Promise<void>
  /** Sends or gives up everything, at once: the event loop does not turn any more. */
  leaveNow(timeoutMillis: number): void
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

const departures = new Set<Departure>()
/** What has been flushed already, so that a flush at `beforeExit` does not call for another one for ever. */
const flushedNews = new WeakMap<Departure, number>()
let uninstall: (() => void) | undefined

/**
 * Takes part in the end of the process, whichever way it comes: off the end, `process.exit`, a throw, a rejection, SIGTERM,
 * SIGINT, SIGHUP. Who came last leaves first, since he may hand over to those before him.
 *
 * @returns a function that ends this
 */
export function takePartInDepartures(departure: Departure): () => void {
  departures.add(departure)
  uninstall ??= install()
  return () => {
    departures.delete(departure)
    if (departures.size > 0) return
    uninstall?.()
    uninstall = undefined
  }
}

/** The app's way of leaving stays its own: its status, its handlers, and the signal it ends by. */
function install(): () => void {
  const stopListening = [listenForSignals(), listenForBeforeExit(), wrapExit()]
  return () => {
    for (const stop of stopListening) stop()
  }
}

function leaveNow(timeoutMillisLeft = Infinity): void {
  const began = nowEpochMillis()
  for (const departure of [...departures].reverse()) {
    const passed = nowEpochMillis() - began
    departure.leaveNow(Math.max(0, Math.min(departure.timeoutMillis, timeoutMillisLeft) - passed))
  }
}

function needingEventLoop(): Departure[] {
  for (const departure of [...departures].reverse()) departure.handOver()
  return [...departures].filter(({ needsEventLoop }) => needsEventLoop)
}

/** Only what needs the event loop: all else leaves at `exit`, and does not make the app's own handler be called again. */
function listenForBeforeExit(): () => void {
  const onBeforeExit = (): void => {
    for (const departure of needingEventLoop()) void flushNews(departure)
  }
  process.on('beforeExit', onBeforeExit)
  return () => process.off('beforeExit', onBeforeExit)
}

async function flushNews(departure: Departure): Promise<void> {
  const { news } = departure
  if (flushedNews.get(departure) === news) return
  flushedNews.set(departure, news)
  await departure.flush(departure.timeoutMillis)
}

/**
 * After the app's own `exit` listeners, which may end spans, and also when one of them calls `process.exit`, which skips
 * those behind it. A listener of our own could do neither.
 */
function wrapExit(): () => void {
  const host = process as unknown as ProcessInternals
  const { emit, reallyExit } = host
  const ownEmit: ProcessInternals['emit'] = function (this: unknown, event, ...args) {
    if (event !== 'exit') return Reflect.apply(emit, this, [event, ...args])
    try {
      return Reflect.apply(emit, this, [event, ...args])
    } finally {
      leaveNow()
    }
  }
  const ownReallyExit: ProcessInternals['reallyExit'] = function (this: unknown, code) {
    leaveNow()
    return Reflect.apply(reallyExit, this, [code])
  }
  Object.assign(host, { emit: ownEmit, reallyExit: ownReallyExit })
  return () => {
    // Whoever has wrapped it once more keeps his wrap: ours does nothing without departures.
    if (host.emit === ownEmit) host.emit = emit
    if (host.reallyExit === ownReallyExit) host.reallyExit = reallyExit
  }
}

/** What every way to the end of a process goes through; the second is what `process.exit` calls last. */
interface ProcessInternals {
  emit: (this: unknown, event: string | symbol, ...args: unknown[]) => boolean
  reallyExit: (this: unknown, code: number) => never
}

function listenForSignals(): () => void {
  const onSignal = (signal: NodeJS.Signals): void => void leaveBy(signal, onSignal)
  // First in line, so that an app's `once` listener is still there to be counted.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal)
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}

const leavingBy = new Set<NodeJS.Signals>()

/** Where the app listens, too, ending is up to it. Where it does not, the signal is raised again. */
async function leaveBy(signal: NodeJS.Signals, onSignal: (signal: NodeJS.Signals) => void): Promise<void> {
  // An impatient sender signals twice; one flush, and one listener put back, are enough.
  if (leavingBy.has(signal)) return
  const isUpToApp = process.listenerCount(signal) > 1
  const began = nowEpochMillis()
  leavingBy.add(signal)
  const flushes = needingEventLoop().map((departure) => departure.flush(departure.timeoutMillis))
  if (flushes.length > 0) await Promise.all(flushes)
  leavingBy.delete(signal)
  if (isUpToApp) return
  const longest = Math.max(0, ...[...departures].map(({ timeoutMillis }) => timeoutMillis))
  leaveNow(longest - (nowEpochMillis() - began))
  process.off(signal, onSignal)
  process.kill(process.pid, signal)
  // Still here: the process survives the signal, as PID 1 in a container does. Be ready for the next one.
  if (departures.size > 0) setImmediate(() => process.prependListener(signal, onSignal))
}
