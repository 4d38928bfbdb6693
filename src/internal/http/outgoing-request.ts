import { processWide } from '../runtime/process-wide.js'

/*
 * A propagator gets headers without the URL that they are sent to. The code that makes the request sets the URL just before, in
 * the same turn of the event loop; the propagator takes it.
 */

const state = processWide('outgoing-request', (): { isWatched: boolean; url?: string | undefined } => ({
  isWatched: false,
}))

/** Whether a propagator reads the URLs: else none are built. */
export function watchOutgoingUrls(isWatched: boolean): void {
  state.isWatched = isWatched
  state.url = undefined
}

/** Where the next headers go. */
export function announceOutgoingUrl(url: () => string): void {
  if (state.isWatched) state.url = url()
}

/** Where these headers go; undefined: not to be known, such as a message's. */
export function takeOutgoingUrl(): string | undefined {
  const { url } = state
  if (url !== undefined) state.url = undefined
  return url
}
