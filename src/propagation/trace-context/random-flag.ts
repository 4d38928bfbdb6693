import { createContextKey, trace, type Context, type Span, type SpanContext } from '@opentelemetry/api'
import { LocalSpanContext, RandomSpanContext, RANDOM_FLAG } from '../../internal/otel-api/local-span-context.js'
import { SPAN_KEY } from '../../internal/otel-api/context-with-span.js'

/*
 * A participant has to pass the random flag on as it came (section 3.2.2.5.2), but OpenTelemetry's SDK makes the flags of a
 * local span from the sampling decision alone. So the context remembers how the id of a trace came.
 */

/** How a trace id came: with the random flag, or without. */
interface Note {
  readonly traceId: string
  readonly isRandom: boolean
}

const NOTE = createContextKey('spanwright random flag of a trace')

/** The context with the remote span, which knows whether its trace id is random. */
export function withRemoteSpan(context: Context, span: Span): Context {
  const { traceId, traceFlags } = span.spanContext()
  const isRandom = (traceFlags & RANDOM_FLAG) !== 0
  const note = noteIn(context)
  const isNoted = note?.traceId === traceId && note.isRandom === isRandom
  if (isNoted && trace.getSpan(context) === span) return context
  return new NotingContext(context instanceof NotingContext ? context.rest : context, span, { traceId, isRandom })
}

/**
 * The flags to send: a remote span context's own; those of a local span with the random flag as it came with its trace, or
 * set where it is known that the trace began here, for SDKs generate random ids.
 */
export function flagsToSend(context: Context, spanContext: SpanContext): number {
  if (spanContext.isRemote === true) return spanContext.traceFlags
  const { traceId, traceFlags } = spanContext
  const note = noteIn(context)
  if (note?.traceId === traceId) return note.isRandom ? traceFlags | RANDOM_FLAG : traceFlags & ~RANDOM_FLAG
  return isKnownAsRandom(context, spanContext) ? traceFlags | RANDOM_FLAG : traceFlags
}

function noteIn(context: Context): Note | undefined {
  return context.getValue(NOTE) as Note | undefined
}

/**
 * Our tracer knows it. Other SDKs don't, but are taken to generate random ids: their spans have a kind, and the contexts of those
 * that are not recorded a field for the trace state. One made by hand may have any trace id.
 */
function isKnownAsRandom(context: Context, spanContext: SpanContext): boolean {
  if (spanContext instanceof LocalSpanContext) return spanContext instanceof RandomSpanContext
  const span = trace.getSpan(context)
  return (span !== undefined && 'kind' in span) || 'traceState' in spanContext
}

/**
 * A context that has span and note in fields: the API's own contexts copy a map for each value set, and to set the note there
 * made extraction a third more expensive.
 */
class NotingContext implements Context {
  readonly rest: Context
  readonly #span: unknown
  readonly #note: unknown

  constructor(rest: Context, span: unknown, note: unknown) {
    this.rest = rest
    this.#span = span
    this.#note = note
  }

  getValue(key: symbol): unknown {
    if (key === SPAN_KEY) return this.#span
    return key === NOTE ? this.#note : this.rest.getValue(key)
  }

  setValue(key: symbol, value: unknown): Context {
    if (key === SPAN_KEY) return new NotingContext(this.rest, value, this.#note)
    if (key === NOTE) return new NotingContext(this.rest, this.#span, value)
    return new NotingContext(this.rest.setValue(key, value), this.#span, this.#note)
  }

  deleteValue(key: symbol): Context {
    if (key === SPAN_KEY || key === NOTE) return this.setValue(key, undefined)
    return new NotingContext(this.rest.deleteValue(key), this.#span, this.#note)
  }
}
