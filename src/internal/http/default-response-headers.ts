import { processWide } from '../runtime/process-wide.js'

const state = processWide('trace-response-headers', (): { names: readonly string[] } => ({ names: [] }))

/** Said when tracing starts, for middleware that has no wish of its own. */
export function setDefaultTraceResponseHeaders(names: readonly string[]): void {
  state.names = names
}

export function defaultTraceResponseHeaders(): readonly string[] {
  return state.names
}
