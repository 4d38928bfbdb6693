import type { Context } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'

/** Several processors as one, so that a trace is decided once for all of them. */
export function fanOut(processors: readonly SpanProcessor[]): SpanProcessor {
  const [only] = processors
  return only && processors.length === 1 ? only : new FanOut(processors)
}

class FanOut implements SpanProcessor {
  readonly #processors: readonly SpanProcessor[]

  constructor(processors: readonly SpanProcessor[]) {
    this.#processors = processors
  }

  onStart(span: Span, parentContext: Context): void {
    for (const processor of this.#processors) processor.onStart(span, parentContext)
  }

  onEnding(span: Span): void {
    for (const processor of this.#processors) processor.onEnding?.(span)
  }

  onEnd(span: ReadableSpan): void {
    for (const processor of this.#processors) processor.onEnd(span)
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#processors.map((processor) => processor.forceFlush()))
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#processors.map((processor) => processor.shutdown()))
  }
}
