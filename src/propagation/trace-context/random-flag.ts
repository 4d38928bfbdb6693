import { createContextKey, trace, type Context, type Span, type SpanContext } from '@opentelemetry/api'
import { RANDOM_FLAG } from './traceparent.js'

/*
 * A participant has to pass the random flag on as it came (section 3.2.2.5.2), but OpenTelemetry's SDK makes the flags of a
 * local span from the sampling decision alone. So the context remembers the trace whose id came without the flag.
 */

const TRACE_WITHOUT_FLAG = createContextKey('spanwright trace id without random flag')
const SPAN = keyOfSpan()

/** The context with the remote span, which knows whether its trace id is random. */
export function withRemoteSpan(context: Context, span: Span): Context {
  const { traceId, traceFlags } = span.spanContext()
  const isNoted = context.getValue(TRACE_WITHOUT_FLAG) === traceId
  const isRandom = (traceFlags & RANDOM_FLAG) !== 0
  if (isNoted !== isRandom) return trace.getSpan(context) === span ? context : trace.setSpan(context, span)
  if (isRandom) return trace.setSpan(context.deleteValue(TRACE_WITHOUT_FLAG), span)
  return notingContext(context, span, traceId)
}

/**
 * The flags to send: a remote span context's own; those of a local span with the random flag as it came with its trace, or
 * set where the trace began here, for the SDK generates random ids.
 */
export function flagsToSend(context: Context, spanContext: SpanContext): number {
  if (spanContext.isRemote === true) return spanContext.traceFlags
  if (context.getValue(TRACE_WITHOUT_FLAG) === spanContext.traceId) return spanContext.traceFlags & ~RANDOM_FLAG
  return spanContext.traceFlags | RANDOM_FLAG
}

function notingContext(context: Context, span: Span, traceId: string): Context {
  const rest = context instanceof NotingContext ? context.rest : context
  return new NotingContext(rest, span, traceId)
}

/**
 * A context that has span and note in fields. Most of today's headers come without the flag, and the API's own contexts
 * copy a map for each value set: to set the note there made extraction a third dearer.
 */
class NotingContext implements Context {
  readonly rest: Context
  readonly #span: unknown
  readonly #traceId: unknown

  constructor(rest: Context, span: unknown, traceId: unknown) {
    this.rest = rest
    this.#span = span
    this.#traceId = traceId
  }

  getValue(key: symbol): unknown {
    if (key === SPAN) return this.#span
    return key === TRACE_WITHOUT_FLAG ? this.#traceId : this.rest.getValue(key)
  }

  setValue(key: symbol, value: unknown): Context {
    if (key === SPAN) return new NotingContext(this.rest, value, this.#traceId)
    if (key === TRACE_WITHOUT_FLAG) return new NotingContext(this.rest, this.#span, value)
    return new NotingContext(this.rest.setValue(key, value), this.#span, this.#traceId)
  }

  deleteValue(key: symbol): Context {
    if (key === SPAN || key === TRACE_WITHOUT_FLAG) return this.setValue(key, undefined)
    return new NotingContext(this.rest.deleteValue(key), this.#span, this.#traceId)
  }
}

/** The API has a name for setting a span, but none for the key. */
function keyOfSpan(): symbol | undefined {
  let key: symbol | undefined
  const probe: Context = {
    getValue: (asked) => {
      key = asked
      return undefined
    },
    setValue: () => probe,
    deleteValue: () => probe,
  }
  trace.getSpan(probe)
  return key
}
