import { processWide } from './internal/runtime/process-wide.js'
import { offHandle } from './off-handle.js'
import type { Tracing } from './tracing.js'

/** Of this process, whichever copy of the package has started it. */
export const state: { running?: Tracing } = processWide('tracing', () => ({}))

/**
 * The handle of the tracing that runs: of the flag `--import spanwright/register`, or of the first {@link startTracing}.
 * Starts nothing, and logs nothing. Where nothing runs, a handle that does nothing, as with OTEL_SDK_DISABLED: code that
 * flushes or shuts down needs no other branch. Call it when the handle is needed, since such an idle one stays idle.
 */
export function getTracing(): Tracing {
  return state.running ?? offHandle()
}
