import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import { ResourceSpans } from './resource-spans.js'
import type { ScopeSpans } from './scope-spans.js'

/** Of more resources than this, those without spans in a batch are forgotten. An app has one as a rule. */
const MOST_RESOURCES = 8

/** An ExportTraceServiceRequest in the making: the spans by resource and scope, both distinguished by identity. */
export class TraceRequest {
  readonly #resources = new Map<Resource, ResourceSpans>()
  #lastResource: Resource | undefined
  #lastScope: InstrumentationScope | undefined
  #last: ScopeSpans | undefined

  spansOf(resource: Resource, scope: InstrumentationScope): ScopeSpans {
    // Often the spans of one scope come in a row.
    if (this.#last !== undefined && scope === this.#lastScope && resource === this.#lastResource) return this.#last
    this.#lastResource = resource
    this.#lastScope = scope
    this.#last = this.#scopesOf(resource).spansOf(scope)
    return this.#last
  }

  assemble(): Uint8Array<ArrayBuffer> {
    const groups = this.#resources
      .values()
      .filter((group) => !group.isEmpty)
      .toArray()
    // Reading a resource may run code of the host's. It comes first: nothing may change while the bytes are put together.
    for (const group of groups) group.readResource()
    const bytes = new Uint8Array(groups.reduce((sum, { size }) => sum + size, 0))
    groups.reduce((position, group) => group.put(bytes, position), 0)
    return bytes
  }

  /** Forgets the spans. What is known of resources and scopes stays, and so do the buffers. */
  clear(): void {
    const isCrowded = this.#resources.size > MOST_RESOURCES
    for (const [resource, group] of this.#resources) {
      if (isCrowded && group.isEmpty) this.#resources.delete(resource)
      else group.clear()
    }
    this.#last = undefined
  }

  #scopesOf(resource: Resource): ResourceSpans {
    let group = this.#resources.get(resource)
    if (group === undefined) {
      group = new ResourceSpans(resource)
      this.#resources.set(resource, group)
    }
    return group
  }
}
