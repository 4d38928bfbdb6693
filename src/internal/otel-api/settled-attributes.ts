import type { Attributes } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'

/**
 * What is known of a resource now. Its own `attributes` log an error where some are still being looked up; who has to send
 * before they are there (the process ends, the queue is full) has no use for that.
 */
export function settledAttributes(resource: Resource): Attributes {
  if (resource.asyncAttributesPending !== true) return resource.attributes
  const attributes = new Map<string, Attributes[string]>()
  for (const [name, value] of resource.getRawAttributes()) {
    if (value == null || (typeof value === 'object' && 'then' in value)) continue
    // The first that names an attribute has it, as in the resource itself.
    if (!attributes.has(name)) attributes.set(name, value)
  }
  return Object.fromEntries(attributes)
}
