import { warnOnce } from '../internal/diagnostics/diagnostics.js'

export function withoutThrowing(fn: () => void): void {
  try {
    fn()
  } catch (error) {
    warnOnce('console-exporter', `the console exporter could not handle a span: ${messageOf(error)}`)
  }
}

/** Unlike its namesake in internal/, does not make a string of what is no error: that can throw. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error'
}
