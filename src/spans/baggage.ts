import { context, propagation } from '@opentelemetry/api'
import { keepContext } from '../internal/async/follow-result.js'

/**
 * Runs fn with entries added to the baggage, which travels to every service called from here: keep it small, and free
 * of anything those services may not know. Entries of the same name are replaced. What fn returns comes back; a query
 * builder or a generator has the baggage when it runs, too.
 */
export function withBaggage<T>(entries: Record<string, string>, fn: () => T): T {
  const parent = context.active()
  let baggage = propagation.getBaggage(parent) ?? propagation.createBaggage()
  for (const [key, value] of Object.entries(entries)) baggage = baggage.setEntry(key, { value })
  const active = propagation.setBaggage(parent, baggage)
  return keepContext(context.with(active, fn), active)
}
