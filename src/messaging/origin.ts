import {
  isSpanContextValid,
  trace,
  type Attributes,
  type Context,
  type Link,
  type SpanContext,
} from '@opentelemetry/api'
import { extractTraceContext } from '../propagation/extract-trace-context.js'

/** Where a message comes from: the conventions' "message creation context". */
export interface Origin {
  /** The span that created the message; undefined when its carrier tells of none. */
  readonly producer: SpanContext | undefined
  /** Without a producer the given context, else that of the producer: its span, its baggage. */
  readonly context: Context
}

export function originOf(carrier: unknown, around: Context): Origin {
  if (carrier === undefined || carrier === null) return { producer: undefined, context: around }
  const extracted = extractTraceContext(carrier, { context: trace.deleteSpan(around) })
  const producer = trace.getSpanContext(extracted)
  if (producer !== undefined && isSpanContextValid(producer)) return { producer, context: extracted }
  // Baggage may have come alone.
  const span = trace.getSpan(around)
  return { producer: undefined, context: span === undefined ? extracted : trace.setSpan(extracted, span) }
}

/** A link to a span, if there is one to link to. */
export function linkTo(context: SpanContext | undefined, attributes?: Attributes): Link[] {
  if (context === undefined || !isSpanContextValid(context)) return []
  return [attributes === undefined ? { context } : { context, attributes }]
}
