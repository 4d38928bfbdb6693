import { monotonicClock } from '../runtime/clock.js'
import { endBySignal } from './end-by-signal.js'
import { isWatched, rewatchSignal, SIGNALS, unwatchSignal, watchSignal, type WatchedSignal } from './signal-watch.js'

/** The end by a signal. Where the app listens, ending is up to it; where it does not, the signal is raised again. */
export class SignalEnd {
  readonly #flush: () => Promise<unknown> | undefined
  readonly #leave: (passedMillis: number) => void
  #isWatching = false
  #isEnding = false
  #isFlushing = false

  /**
   * @param flush undefined when nothing has to wait for the event loop
   * @param leave what is done last, so long after the signal
   */
  constructor(flush: () => Promise<unknown> | undefined, leave: (passedMillis: number) => void) {
    this.#flush = flush
    this.#leave = leave
  }

  watch(): void {
    this.#isWatching = true
    for (const signal of SIGNALS) rewatchSignal(signal)
  }

  unwatch(): void {
    this.#isWatching = false
    for (const signal of SIGNALS) unwatchSignal(signal)
  }

  /** With the last listener, Node.js stops to listen. */
  listenerRemoved(event: unknown): void {
    if (this.#isWatching && isWatched(event)) watchSignal(event)
  }

  /**
   * Each signal is decided by itself: a library that has cleaned up sends it a second time, and listens no more.
   *
   * @returns whether the process ends by it
   */
  arrived(signal: WatchedSignal): boolean {
    if (!this.#isWatching) return false
    if (process.listenerCount(signal) > 0) {
      this.#flushMeanwhile()
      return false
    }
    if (this.#isEnding) return true
    this.#isEnding = true
    const began = monotonicClock.nowMillis()
    const end = (): void => this.#endBy(signal, monotonicClock.nowMillis() - began)
    const flushing = this.#flush()
    if (flushing) void flushing.then(end)
    else end()
    return true
  }

  /** Beside the app, which may end at any moment. An impatient sender signals twice; one flush is enough. */
  #flushMeanwhile(): void {
    if (this.#isFlushing) return
    const flushing = this.#flush()
    if (!flushing) return
    this.#isFlushing = true
    void flushing.finally(() => (this.#isFlushing = false))
  }

  #endBy(signal: WatchedSignal, passedMillis: number): void {
    this.#leave(passedMillis)
    const wasWatching = this.#isWatching
    this.unwatch()
    endBySignal(signal)
    // Still here: the process survives the signal, as PID 1 in a container does. Be ready for the next one.
    setImmediate(() => {
      this.#isEnding = false
      if (wasWatching) this.watch()
    })
  }
}
