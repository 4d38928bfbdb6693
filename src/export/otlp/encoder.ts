import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { sanitizeSpan } from './sanitize-span.js'
import { TraceRequest } from './request.js'
import type { ScopeSpans } from './scope-spans.js'
import { writeSpan } from './span.js'

/** Makes items of one signal to export requests of OTLP. */
export interface BatchEncoder<T> {
  /** Adds an item. Never throws: what the host made unreadable is left out, and the rest of the item is there. */
  add(item: T): void
  /** How many items were added since the last `take`. */
  readonly spans: number
  /** About how many bytes `take` would return; the resource, which is read late, is not among them. */
  readonly byteLength: number
  /** The request, in memory of exactly its size. Empties the encoder. */
  take(): Uint8Array<ArrayBuffer>
}

/** Makes spans that have ended to an ExportTraceServiceRequest. */
export type SpanEncoder = BatchEncoder<ReadableSpan>

/**
 * Encodes each span as it is added: the work is spread over time, and the span can be forgotten. The request is, decoded,
 * the one that OpenTelemetry's own serializer writes.
 */
export function otlpProtobufEncoder(): SpanEncoder {
  return new EagerEncoder()
}

class EagerEncoder implements SpanEncoder {
  spans = 0
  byteLength = 0
  #request: TraceRequest = new TraceRequest()
  #isBusy = false
  readonly #waiting: ReadableSpan[] = []

  add(span: ReadableSpan): void {
    if (this.#isBusy) {
      // A getter of the host's, called for the bytes of one span, ended another: that one has to wait.
      this.#waiting.push(span)
      return
    }
    this.#isBusy = true
    if (!this.#encode(span)) this.#encodeCopy(span)
    this.#isBusy = false
    this.#addWaiting()
  }

  take(): Uint8Array<ArrayBuffer> {
    const isInsideAdd = this.#isBusy
    const bytes = this.#assemble()
    // Called by such a getter, it must leave the half-written span alone; that one is written again afterwards.
    if (isInsideAdd) this.#request = new TraceRequest()
    else this.#request.clear()
    this.spans = 0
    this.byteLength = 0
    if (!isInsideAdd) this.#addWaiting()
    return bytes
  }

  /** A resource may run code of the host's too when it is read. */
  #assemble(): Uint8Array<ArrayBuffer> {
    const wasBusy = this.#isBusy
    this.#isBusy = true
    try {
      return this.#request.assemble()
    } finally {
      this.#isBusy = wasBusy
    }
  }

  /** False where something threw; then it is as if nothing had been written. */
  #encode(span: ReadableSpan): boolean {
    const request = this.#request
    let group: ScopeSpans | undefined
    try {
      group = request.spansOf(span.resource, span.instrumentationScope)
      writeSpan(group.writer, span)
    } catch {
      group?.rewind()
      return false
    }
    if (request !== this.#request) return false
    this.byteLength += group.commit()
    this.spans += 1
    return true
  }

  #encodeCopy(span: ReadableSpan): void {
    try {
      this.#encode(sanitizeSpan(span))
    } catch {
      // No stack or no memory left: the span is not among `spans`.
    }
  }

  #addWaiting(): void {
    if (this.#waiting.length === 0) return
    for (const span of this.#waiting.splice(0)) this.add(span)
  }
}
