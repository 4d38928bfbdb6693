import type { Context } from '@opentelemetry/api'
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'
import { warnOfError } from '../diagnostics/diagnostics.js'

/** A processor that has nothing to flush and nothing to shut down. */
export function passiveProcessor(own: Partial<SpanProcessor>): SpanProcessor {
  const done = (): Promise<void> => Promise.resolve()
  return { onStart: () => undefined, onEnd: () => undefined, forceFlush: done, shutdown: done, ...own }
}

/** Several processors as one. What one of them throws is logged once; the others and the host go on. */
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
        warnOf(processor, error)
      }
    }
  }

  onEnding(span: Span): void {
    for (const processor of this.#withOnEnding) {
      try {
        processor.onEnding?.(span)
      } catch (error) {
        warnOf(processor, error)
      }
    }
  }

  onEnd(span: ReadableSpan): void {
    for (const processor of this.#processors) {
      try {
        processor.onEnd(span)
      } catch (error) {
        warnOf(processor, error)
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

function warnOf(processor: SpanProcessor, error: unknown): void {
  const name = (processor.constructor as { name?: string } | undefined)?.name ?? 'Object'
  warnOfError(`a span processor (${name}) failed, its spans may be incomplete`, error)
}
