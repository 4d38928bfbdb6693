import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'

/** A span processor that throws must not fail the request. */
export function quietly(change: () => void): void {
  try {
    change()
  } catch (error) {
    warnOnce(
      'server-span',
      `the span of a request could not be written (${messageOf(error)}); look at the span processors`,
    )
  }
}
