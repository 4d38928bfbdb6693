import { context, INVALID_SPAN_CONTEXT, trace, type Span, type Tracer, type TracerProvider } from '@opentelemetry/api'

/**
 * A provider whose tracers make spans only inside of a trace. Sockets and name look-ups are details of a request; by
 * themselves (a server that starts to listen, a connection that a pool opens in advance) they would each be a trace of one
 * span, and hide the traces that matter.
 */
export function requireParent(provider: TracerProvider): TracerProvider {
  return { getTracer: (...identity) => new ChildTracer(provider.getTracer(...identity)) }
}

class ChildTracer implements Tracer {
  readonly #tracer: Tracer

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  startSpan: Tracer['startSpan'] = (name, options, parent = context.active()): Span =>
    trace.getSpanContext(parent) ? this.#tracer.startSpan(name, options, parent) : noSpan()

  // The instrumentations it is meant for make no span active; those that do keep their spans.
  startActiveSpan: Tracer['startActiveSpan'] = (...args: unknown[]) =>
    (this.#tracer.startActiveSpan as (...all: unknown[]) => never)(...args)
}

const noSpan = (): Span => trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
