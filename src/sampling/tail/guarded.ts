import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'

/** Runs a part of ours, or of the user's, that must never throw into the host. */
export function guarded(fn: () => void): void {
  try {
    fn()
  } catch (error) {
    warnOnce(`tail ${messageOf(error)}`, `sampling at the end of a trace failed: ${messageOf(error)}`)
  }
}
