import { isSpanContextValid, type SpanContext, type TraceState } from '@opentelemetry/api'

/** The flag of a trace id whose right-most seven bytes are random: Trace Context Level 2, section 3.2.2.5.2. */
export const RANDOM_FLAG = 0b10

/** A span context that a tracer of ours has made: known to be valid, so that its ids need no check digit by digit. */
export class LocalSpanContext implements SpanContext {
  declare readonly traceId: string
  declare readonly spanId: string
  declare readonly traceFlags: number
  declare readonly traceState?: TraceState

  constructor(traceId: string, spanId: string, traceFlags: number, traceState: TraceState | undefined) {
    this.traceId = traceId
    this.spanId = spanId
    this.traceFlags = traceFlags
    if (traceState) this.traceState = traceState
  }
}

/** One whose trace id is known to be random in its right-most seven bytes: it was made here, or came with the random flag. */
export class RandomSpanContext extends LocalSpanContext {}

export function isValidSpanContext(spanContext: SpanContext): boolean {
  return spanContext instanceof LocalSpanContext || isSpanContextValid(spanContext)
}
