import { processWide } from '../runtime/process-wide.js'

/** Sends out every span that has ended, in at most the time given. Never rejects. */
export type RunningFlush = (options: { readonly timeoutMillis: number }) => Promise<unknown>

const state = processWide('running-flush', (): { flush?: RunningFlush | undefined } => ({}))

/** Called when tracing starts, and with `undefined` when it stops: a flush need not hold the handle of tracing. */
export function setRunningFlush(flush: RunningFlush | undefined): void {
  state.flush = flush
}

/** Undefined while no tracing runs. */
export function runningFlush(): RunningFlush | undefined {
  return state.flush
}
