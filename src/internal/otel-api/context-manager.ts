import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api'

const PROBE = ROOT_CONTEXT.setValue(createContextKey('spanwright.probe'), true)

/** Whether a context manager is registered; the API does not say, but without one no context ever becomes active. */
export function hasContextManager(): boolean {
  return context.with(PROBE, () => context.active()) === PROBE
}
