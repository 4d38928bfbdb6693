import {
  ROOT_CONTEXT,
  trace,
  type Attributes,
  type Context,
  type HrTime,
  type Link,
  type Span as ApiSpan,
  type SpanContext,
  type SpanOptions,
  type TracerProvider as ApiTracerProvider,
} from '@opentelemetry/api'
import type {
  IdGenerator,
  ReadableSpan,
  Sampler,
  SamplingResult,
  Span,
  SpanProcessor,
  TracerProviderOptions,
} from '@opentelemetry/sdk-trace'
import { built } from './built.js'
import type { Call, Parent, Program, Verdict } from './programs.js'

/** Everything that can be compared as it is, and the times, which can't: each provider has a clock of its own. */
export interface Seen {
  readonly facts: object
  readonly times: readonly HrTime[]
  readonly duration: HrTime
}

/** One provider, in which a program is run a step at a time, and what others saw of it. */
export class TracingWorld {
  readonly #provider: ApiTracerProvider
  readonly #spans: ApiSpan[] = []
  readonly #recorded: Span[] = []
  /** What the sampler was asked, and which span a processor was shown when, and how it looked then. */
  readonly log: (object | Seen)[] = []

  constructor(program: Program, provider: (options: TracerProviderOptions) => ApiTracerProvider) {
    this.#provider = provider({
      idGenerator: countingIds(),
      sampler: this.#sampler(program.verdicts),
      spanProcessors: [this.#processor(program), this.#simpleProcessor()],
      spanLimits: program.limits,
    })
  }

  start(name: string, parent: Parent, options: unknown): void {
    const span = this.#provider
      .getTracer('differential')
      .startSpan(name, options as SpanOptions | undefined, this.#contextWith(parent))
    this.#spans.push(span)
    this.log.push({ started: contextFacts(span.spanContext()), isRecording: span.isRecording() })
  }

  call(at: number, [method, ...given]: Call): void {
    const span = this.#spans[at % this.#spans.length]
    if (!span) return
    const returned = called(span, [method, ...given])
    this.log.push({ method, returned: returned === span ? 'the span' : returned, isRecording: span.isRecording() })
  }

  /** How all the spans look now. */
  get spans(): Seen[] {
    return this.#recorded.map(seen)
  }

  #contextWith(parent: Parent): Context {
    if (typeof parent === 'object') return trace.setSpanContext(ROOT_CONTEXT, parent)
    const span = parent === undefined ? undefined : this.#spans[parent % this.#spans.length]
    return span ? trace.setSpan(ROOT_CONTEXT, span) : ROOT_CONTEXT
  }

  #sampler(verdicts: readonly Verdict[]): Sampler {
    let asked = 0
    return {
      shouldSample: (context, traceId, name, kind, attributes, links) => {
        const parent = trace.getSpanContext(context)
        this.log.push({
          asked: { traceId, name, kind, attributes: pairs(attributes), links: links.map(linkFacts) },
          parent: parent && contextFacts(parent),
        })
        return built(verdicts[asked++ % verdicts.length]) as SamplingResult
      },
      toString: () => 'Scripted',
    }
  }

  #processor({ onStart, onEnding, onEnd }: Program): SpanProcessor {
    const look = (moment: string, span: ReadableSpan, call: Call | undefined): void => {
      this.log.push({ moment }, seen(span))
      if (call) called(span as Span, built(call) as Call)
    }
    return {
      onStart: (span, parentContext) => {
        this.#recorded.push(span)
        const parent = trace.getSpanContext(parentContext)
        this.log.push({ beneath: parent && contextFacts(parent) })
        look('onStart', span, onStart)
      },
      onEnding: (span) => look('onEnding', span, onEnding),
      onEnd: (span) => look('onEnd', span, onEnd),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    }
  }

  /** Comes after the other, and has no `onEnding`. */
  #simpleProcessor(): SpanProcessor {
    return {
      onStart: (span) => void this.log.push({ moment: 'second onStart' }, seen(span)),
      onEnd: (span) => void this.log.push({ moment: 'second onEnd' }, seen(span)),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    }
  }
}

function called(span: ApiSpan, [method, ...given]: Call): unknown {
  const found: unknown = Reflect.get(span, method)
  return Reflect.apply(found as (...given: unknown[]) => unknown, span, given)
}

function seen(span: ReadableSpan): Seen {
  const { name, kind, parentSpanContext, attributes, links, events, status, instrumentationScope } = span
  return {
    facts: {
      spanContext: contextFacts(span.spanContext()),
      isRecording: (span as Span).isRecording(),
      parentSpanContext: parentSpanContext && contextFacts(parentSpanContext),
      attributes: pairs(attributes),
      links: links.map(linkFacts),
      events: events.map(({ time: _time, attributes: given, ...event }) => ({ ...event, attributes: pairs(given) })),
      status: { ...status },
      scope: instrumentationScope.name,
      resource: span.resource.attributes,
      name,
      kind,
      ended: span.ended,
      droppedAttributesCount: span.droppedAttributesCount,
      droppedEventsCount: span.droppedEventsCount,
      droppedLinksCount: span.droppedLinksCount,
    },
    times: [span.startTime, span.endTime, ...events.map(({ time }) => time)].map(([seconds, nanos]) => [
      seconds,
      nanos,
    ]),
    duration: span.duration,
  }
}

/** In their order, and as they are now. */
function pairs(attributes: Attributes | undefined): unknown {
  return attributes && built(Object.entries(attributes))
}

function linkFacts({ context, attributes, ...counts }: Link): object {
  return { context: contextFacts(context), attributes: pairs(attributes), ...counts }
}

function contextFacts({ traceId, spanId, traceFlags, isRemote, traceState }: SpanContext): object {
  return { traceId, spanId, traceFlags, isRemote, traceState: traceState?.serialize() }
}

/** The two kinds are counted apart: in which order they are asked for is nobody's business. */
function countingIds(): IdGenerator {
  let traces = 0
  let spans = 0
  return {
    generateTraceId: () => (++traces).toString(16).padStart(32, '0'),
    generateSpanId: () => (++spans).toString(16).padStart(16, '0'),
  }
}
