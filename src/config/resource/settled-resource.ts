import {
  resourceFromAttributes,
  type DetectedResourceAttributes,
  type RawResourceAttribute,
  type Resource,
} from '@opentelemetry/resources'
import type { Attributes } from '@opentelemetry/api'
import { settledAttributes } from '../../internal/otel-api/settled-attributes.js'

/**
 * A resource without the attributes that detectors looked for in vain. OpenTelemetry's own leaves them out, too, but warns of
 * each as of a wrong value.
 */
export function withFoundAttributes(resource: Resource): Resource {
  return resource.asyncAttributesPending === true ? new FoundAttributes(resource) : resource
}

class FoundAttributes implements Resource {
  readonly schemaUrl?: string
  readonly #resource: Resource
  #found: Attributes | undefined

  constructor(resource: Resource) {
    this.#resource = resource
    if (resource.schemaUrl !== undefined) this.schemaUrl = resource.schemaUrl
  }

  get asyncAttributesPending(): boolean {
    return this.#resource.asyncAttributesPending ?? false
  }

  get attributes(): Attributes {
    if (this.asyncAttributesPending) return settledAttributes(this.#resource)
    this.#found ??= resourceFromAttributes(firstOfEach(this.getRawAttributes())).attributes
    return this.#found
  }

  async waitForAsyncAttributes(): Promise<void> {
    await this.#resource.waitForAsyncAttributes?.()
  }

  merge(other: Resource | null): Resource {
    return new FoundAttributes(this.#resource.merge(other))
  }

  getRawAttributes(): RawResourceAttribute[] {
    return this.#resource.getRawAttributes().filter(([, value]) => value !== undefined)
  }
}

/** In a merged resource the stronger value comes first. */
function firstOfEach(raw: readonly RawResourceAttribute[]): DetectedResourceAttributes {
  return Object.fromEntries(raw.toReversed())
}
