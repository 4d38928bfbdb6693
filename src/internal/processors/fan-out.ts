import type { Context } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import { messageOf, warnOnce } from '../diagnostics/diagnostics.js'

/** Several processors as one. What one of them throws is told once; the others and the host don't notice. */
export function fanOut(processors: readonly SpanProcessor[]): SpanProcessor {
  return new FanOut(processors)
}

class FanOut implements SpanProcessor {
  readonly #processors: readonly SpanProcessor[]
  readonly #withOnEnding: readonly SpanProcessor[]

  constructor(processors: readonly SpanProcessor[]) {
    this.#processors = processors
    this.#withOnEnding = processors.filter((processor) => processor.onEnding !== undefined)
  }

  onStart(span: Span, parentContext: Context): void {
    for (const processor of this.#processors) {
      try {
        processor.onStart(span, parentContext)
      } catch (error) {
        tell(processor, error)
      }
    }
  }

  onEnding(span: Span): void {
    for (const processor of this.#withOnEnding) {
      try {
        processor.onEnding?.(span)
      } catch (error) {
        tell(processor, error)
      }
    }
  }

  onEnd(span: ReadableSpan): void {
    for (const processor of this.#processors) {
      try {
        processor.onEnd(span)
      } catch (error) {
        tell(processor, error)
      }
    }
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#processors.map(async (processor) => processor.forceFlush()))
  }

  async shutdown(): Promise<void> {
    await Promise.all(this.#processors.map(async (processor) => processor.shutdown()))
  }
}

function tell(processor: SpanProcessor, error: unknown): void {
  const name = (processor.constructor as { name?: string } | undefined)?.name ?? 'Object'
  warnOnce(`${name} throws`, `a span processor (${name}) failed: ${messageOf(error)}; its spans may be incomplete`)
}
