import type { ReadableSpan } from '@opentelemetry/sdk-trace'

/** What is to be drawn of one trace: all of it, or the part that is known so far. */
export interface TracePiece<Span = ReadableSpan> {
  /** Ended spans of one trace, in any order. At least one. */
  readonly spans: readonly Span[]
  /** Spans that have started and not ended. They are drawn as such, so that their children hang in the right place. */
  readonly open?: readonly Span[]
  /** Whether an earlier piece of this trace has been printed. */
  readonly continued?: boolean
  /** The name of a span that an earlier piece showed. */
  readonly nameOf?: (spanId: string) => string | undefined
}
