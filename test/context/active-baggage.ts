import { context, propagation } from '@opentelemetry/api'

/** Runs fn in a context of this name, as a request would. */
export function inRequest<T>(name: string, fn: () => T): T {
  const baggage = propagation.createBaggage({ request: { value: name } })
  return context.with(propagation.setBaggage(context.active(), baggage), fn)
}

/** The name of the request around, if any. */
export function request(): string | undefined {
  return propagation.getActiveBaggage()?.getEntry('request')?.value
}
