import { processWide } from '../runtime/process-wide.js'

/*
 * A propagator is handed headers, but not told where they go. The one who makes the request says it just before, in the same
 * turn of the event loop; the propagator takes it.
 */

const state = processWide('outgoing-request', (): { isWatched: boolean; url?: string | undefined } => ({
  isWatched: false,
}))

/** Said when somebody wants to know, so that nobody builds URLs in vain. */
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
