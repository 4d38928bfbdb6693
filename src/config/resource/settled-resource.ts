import {
  resourceFromAttributes,
  type DetectedResource,
  type DetectedResourceAttributes,
  type RawResourceAttribute,
  type Resource,
  type ResourceDetector,
} from '@opentelemetry/resources'
import type { Attributes } from '@opentelemetry/api'
import type { SpanValues } from '../../internal/privacy/span-values.js'
import { settledAttributes } from '../../internal/otel-api/settled-attributes.js'

/** What the detector finds, without secrets: the command that started the process may have some. */
export function detectorWithoutSecrets(detector: ResourceDetector, values: SpanValues): ResourceDetector {
  return {
    detect(config): DetectedResource {
      const { attributes, ...rest } = detector.detect(config)
      if (!attributes) return rest
      const clean = Object.entries(attributes).map(([key, value]) => [
        key,
        isPromise(value) ? value.then((found) => values.attribute(key, found, {})) : values.attribute(key, value, {}),
      ])
      return { ...rest, attributes: Object.fromEntries(clean) as DetectedResourceAttributes }
    },
  }
}

function isPromise(value: unknown): value is PromiseLike<Attributes[string]> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}

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
