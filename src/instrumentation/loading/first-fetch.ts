import type { Instrumentation } from '@opentelemetry/instrumentation'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** Undici, which is also behind `fetch`, announces each request there, before it is sent. */
const REQUEST_CREATED = 'undici:request:create'

/** What the instrumentation of undici does with that announcement; not public, so a test sees that the first call is traced. */
interface UndiciInstrumentation extends Instrumentation {
  onRequestCreated?(message: unknown): void
}

/**
 * Starts the instrumentation of undici with the first request: an app that makes none does not pay for it. It listens from
 * then on by itself; what started it has been announced already and is passed on.
 */
export function startWithFirstFetch(start: () => Instrumentation | undefined): void {
  const onCreated = (message: unknown): void => {
    unsubscribe(REQUEST_CREATED, onCreated)
    const instrumentation: UndiciInstrumentation | undefined = start()
    instrumentation?.onRequestCreated?.(message)
  }
  subscribe(REQUEST_CREATED, onCreated)
}
