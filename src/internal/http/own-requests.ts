import { context, createContextKey } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'

/** Known to each copy of this package, since the API makes the same key of the same words. */
const OWN = createContextKey('spanwright: a request of its own')

/**
 * Runs what sends telemetry, or asks for a sampler's rules. Its requests are neither traced nor measured: each export would make
 * something new to export. More than `suppressTracing`, under which the requests of an app are measured all the same.
 */
export function asOwnRequest<T>(fn: () => T): T {
  return context.with(suppressTracing(context.active()).setValue(OWN, true), fn)
}

export const isOwnRequest = (): boolean => context.active().getValue(OWN) === true
