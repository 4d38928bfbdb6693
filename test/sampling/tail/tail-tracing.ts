import {
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import { TraceState } from '@opentelemetry/core'
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
  type Sampler,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace'
import { adjustedCount } from '../../../src/sampling/decision/threshold-decision.js'
import { randomTraceId, seeded } from '../simulation.js'

/** A sampler's two parts in the SDK's own provider, as a plain NodeSDK has them. */
export class TailTracing {
  readonly tracer: Tracer
  readonly provider: TracerProvider
  readonly #exporter = new InMemorySpanExporter()
  readonly #nextId: () => string

  constructor(
    sampler: Sampler & { spanProcessor(next: SpanProcessor): SpanProcessor },
    processorFor = (next: SpanProcessor): SpanProcessor => sampler.spanProcessor(next),
    randomness: () => string = seededRandomness(7),
  ) {
    let serial = 0
    const hex = (length: number): string => (++serial).toString(16).padStart(length, '0')
    this.#nextId = () => hex(18) + randomness()
    this.provider = new TracerProvider({
      sampler,
      idGenerator: { generateTraceId: () => this.#nextId(), generateSpanId: () => hex(16) },
      spanProcessors: [processorFor(new SimpleSpanProcessor({ exporter: this.#exporter }))],
    })
    this.tracer = this.provider.getTracer('test')
  }

  /** What a backend would get. */
  get exported(): ReadableSpan[] {
    return this.#exporter.getFinishedSpans()
  }

  get names(): string[] {
    return this.exported.map(({ name }) => name)
  }

  /** The sum of 1/p of the exported spans with this name. */
  estimated(name: string): number {
    return this.exported.filter((span) => span.name === name).reduce((sum, span) => sum + adjustedCount(span), 0)
  }

  forget(): void {
    this.#exporter.reset()
  }

  start(name: string, parent?: Span | Context): Span {
    return this.tracer.startSpan(name, {}, contextOf(parent))
  }
}

function contextOf(parent: Span | Context | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT
  return 'spanContext' in parent ? trace.setSpan(ROOT_CONTEXT, parent) : parent
}

export function fail(span: Span): void {
  span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

/** A context with a remote parent, as a propagator extracts it. */
export function remoteParent({
  randomness,
  sampled,
  th,
}: {
  randomness: string
  sampled: boolean
  th?: string
}): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: `0af7651916cd43dd84${randomness}`,
    spanId: '00f067aa0ba902b7',
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(th !== undefined && { traceState: new TraceState(`ot=th:${th}`) }),
  })
}

/** Uniform 56-bit numbers as hex digits, the same for the same seed. */
export function seededRandomness(seed: number): () => string {
  const next = seeded(seed)
  return () => randomTraceId(next).slice(-14)
}
