import {
  context,
  INVALID_SPAN_CONTEXT,
  trace,
  type Span,
  type SpanOptions,
  type Context,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api'
import { contextWithSpan } from '../internal/otel-api/context-with-span.js'
import { warnOfError } from '../internal/diagnostics/diagnostics.js'
import { followResult, isEagerPromise } from '../internal/async/follow-result.js'
import { recordErrorOn } from './record-error.js'

/** What OpenTelemetry's SpanOptions offer, and a signal. */
export interface WithSpanOptions extends SpanOptions {
  /**
   * The signal that cancels the work. An error that is its `reason` (or an AbortError caused by it) was asked for: it
   * is rethrown like any other, but not recorded, and the span does not get the status ERROR.
   */
  readonly signal?: AbortSignal | undefined
}

/** What a kind of span reads from the outcome before it ends, such as a status code. Only called while recording. */
export interface Outcome {
  value?(span: Span, value: unknown): void
  error?(span: Span, error: unknown): void
}

/**
 * Runs fn in a new span that is current for fn and all it calls, and returns what fn returns. The span ends
 *
 * - when fn returns or throws;
 * - for a promise, when it settles: the promise that comes back is derived from fn's by one `then`, so that who awaits
 *   it sees an ended span, and an unhandled rejection is still reported, once;
 * - for another thenable, such as a query builder, when the first `then` on it settles: the object itself comes back,
 *   and the span is current while its query runs. Without a `then` the span stays open;
 * - for an iterator or generator, sync or async, when the iteration ends or is left; the span is current in each step.
 *
 * Any other result, arrays and maps too, comes back as it is. An error is recorded with its causes, sets the status
 * ERROR and is rethrown, the same object.
 *
 * Works before tracing has started and without it: then fn just runs.
 */
export function withSpan<T>(name: string, fn: (span: Span) => T): T
export function withSpan<T>(name: string, options: WithSpanOptions, fn: (span: Span) => T): T
export function withSpan<T>(
  name: string,
  optionsOrFn: WithSpanOptions | undefined | ((span: Span) => T),
  givenFn?: (span: Span) => T,
  outcome?: Outcome,
): T {
  const isShort = typeof optionsOrFn === 'function'
  const options = isShort ? undefined : optionsOrFn
  const fn = isShort ? optionsOrFn : (givenFn as (span: Span) => T)
  const parent = context.active()
  const span = startSpan(name, options, parent)
  const active = contextWithSpan(parent, span)
  let result: T
  try {
    result = context.with(active, fn, undefined, span)
  } catch (error) {
    fail(span, error, options?.signal, outcome)
    throw error
  }
  if ((typeof result !== 'object' && typeof result !== 'function') || result === null) {
    succeed(span, result, outcome)
    return result
  }
  if (isEagerPromise(result)) {
    // Nothing to observe, and a promise less for each unsampled call.
    if (!span.isRecording()) return result
    return result.then(
      (value) => {
        succeed(span, value, outcome)
        return value
      },
      (error: unknown) => {
        fail(span, error, options?.signal, outcome)
        throw error
      },
    ) as T
  }
  return followResult(result, {
    active,
    succeed: (value) => succeed(span, value, outcome),
    fail: (error) => fail(span, error, options?.signal, outcome),
  })
}

/** `withSpan` for the kinds of spans. The same function, for the stacks that apps print: each call between would be a line there. */
export const runInSpan = withSpan as <T>(
  name: string,
  options: WithSpanOptions | undefined,
  fn: (span: Span) => T,
  outcome?: Outcome,
) => T

/** A span that fn has ended itself is left alone: `isRecording()` is false from then on. */
function succeed(span: Span, value: unknown, outcome: Outcome | undefined): void {
  try {
    if (!span.isRecording()) return
    outcome?.value?.(span, value)
    span.end()
  } catch (error) {
    warnOfError(NOT_ENDED, error)
  }
}

function fail(span: Span, error: unknown, signal: AbortSignal | undefined, outcome: Outcome | undefined): void {
  try {
    if (!span.isRecording()) return
    if (!wasAskedFor(error, signal)) {
      recordErrorOn(span, error)
      outcome?.error?.(span, error)
    }
    span.end()
  } catch (problem) {
    warnOfError(NOT_ENDED, problem)
  }
}

/** Node's own APIs wrap the reason: `new AbortError(undefined, { cause: signal.reason })`. */
function wasAskedFor(error: unknown, signal: AbortSignal | undefined): boolean {
  if (!signal?.aborted) return false
  if (error === signal.reason) return true
  return error instanceof Error && error.name === 'AbortError' && error.cause === signal.reason
}

/** A span processor that throws must not change what the app's function returned. */
const NOT_ENDED = 'a span could not be ended; look at the span processors'

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
    warnOfError('a span could not be started, the traced code runs without it', error)
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
