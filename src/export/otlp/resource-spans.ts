import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import { attempt } from '../../internal/checks/attempt.js'
import { encodeResource } from './heads.js'
import { messageSize, putMessage } from '../protobuf/fields.js'
import { ScopeSpans } from './scope-spans.js'

const RESOURCE_SPANS = 0x0a
/** Of more scopes than this, those without spans in a batch are forgotten, and their memory with them. */
const MOST_SCOPES = 64

/** The spans of one resource by their scopes, a ResourceSpans. */
export class ResourceSpans {
  readonly #resource: Resource
  readonly #scopes = new Map<InstrumentationScope, ScopeSpans>()
  #head: Uint8Array = new Uint8Array()
  #isSettled = false

  constructor(resource: Resource) {
    this.#resource = resource
  }

  get isEmpty(): boolean {
    return this.#scopes.values().every((scope) => scope.isEmpty)
  }

  /** What it takes in the request, after `readResource`. */
  get size(): number {
    return messageSize(this.#length())
  }

  spansOf(scope: InstrumentationScope): ScopeSpans {
    let spans = this.#scopes.get(scope)
    if (spans === undefined) {
      spans = new ScopeSpans(scope)
      this.#scopes.set(scope, spans)
    }
    return spans
  }

  /** Attributes may settle late (detectors are asynchronous), so the resource is read as late as can be. */
  readResource(): void {
    if (this.#isSettled) return
    // Asked before: what settles in between is read again.
    this.#isSettled = attempt(() => this.#resource.asyncAttributesPending) !== true
    this.#head = encodeResource(this.#resource)
  }

  /** Puts the message there, and returns where it ends. */
  put(target: Uint8Array, position: number): number {
    const start = putMessage(target, position, RESOURCE_SPANS, this.#length())
    target.set(this.#head, start)
    let next = start + this.#head.length
    for (const scope of this.#scopes.values()) if (!scope.isEmpty) next = scope.put(target, next)
    return next
  }

  clear(): void {
    const isCrowded = this.#scopes.size > MOST_SCOPES
    for (const [scope, spans] of this.#scopes) {
      if (isCrowded && spans.isEmpty) this.#scopes.delete(scope)
      else spans.clear()
    }
  }

  #length(): number {
    let length = this.#head.length
    for (const scope of this.#scopes.values()) if (!scope.isEmpty) length += scope.size
    return length
  }
}
