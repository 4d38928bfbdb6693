import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace'
import { afterEach } from 'vitest'

/** OpenTelemetry's own SDK, registered until the test ends. */
export class TestTracing {
  readonly #exporter = new InMemorySpanExporter()

  constructor(sampler?: Sampler) {
    const spanProcessors = [new SimpleSpanProcessor({ exporter: this.#exporter })]
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors, ...(sampler && { sampler }) }))
    context.setGlobalContextManager(new AsyncLocalStorageContextManager())
    propagation.setGlobalPropagator(
      new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
    )
  }

  get ended(): ReadableSpan[] {
    return this.#exporter.getFinishedSpans()
  }

  get names(): string[] {
    return this.ended.map(({ name }) => name)
  }

  named(name: string): ReadableSpan {
    const found = this.ended.find((span) => span.name === name)
    if (found === undefined) throw new Error(`no span ${name} among ${this.names.join(', ')}`)
    return found
  }
}

afterEach(() => {
  trace.disable()
  context.disable()
  propagation.disable()
})
