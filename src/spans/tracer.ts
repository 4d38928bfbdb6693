import {
  INVALID_SPAN_CONTEXT,
  trace,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api'
import { messageOf, warnOnce } from '../internal/diagnostics/diagnostics.js'

let knownProvider: TracerProvider | undefined
let knownTracer: Tracer | undefined

/**
 * Starts a span of the tracer 'spanwright'. Never throws: when a sampler or a span processor does, the work goes on
 * under a span that records nothing.
 */
export function startSpan(name: string, options: SpanOptions | undefined, parent: Context): Span {
  try {
    return currentTracer().startSpan(name, options, parent)
  } catch (error) {
    warnOnce('span-start', `a span could not be started (${messageOf(error)}); the work goes on without it`)
    return trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
  }
}

/**
 * Looking a tracer up builds a string and searches a map, which shows in a span of a microsecond. The provider is
 * asked for each time, because it changes: spans are created before the start, and tests exchange it.
 */
function currentTracer(): Tracer {
  // Registered providers stand behind a proxy, which stays the same when they change.
  const global = trace.getTracerProvider() as TracerProvider & { getDelegate?(): TracerProvider }
  const provider = global.getDelegate?.() ?? global
  if (provider !== knownProvider || knownTracer === undefined) {
    knownProvider = provider
    knownTracer = provider.getTracer('spanwright')
  }
  return knownTracer
}
