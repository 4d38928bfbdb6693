import { context } from '@opentelemetry/api'

/** The function, to be called in the context that is active now; anything else as it is. */
export function inCallersContext<T>(fn: T): T {
  return typeof fn === 'function' ? context.bind(context.active(), fn) : fn
}
