import type { ReceivedSpan } from '../../model/received-span.js'
import type { TraceDetail, WireSpan } from '../../serve/wire.js'

const UNKNOWN_RESOURCE = { service: 'unknown_service', attributes: {}, droppedAttributesCount: 0 }
const NONE = {}
const NO_ITEMS: readonly never[] = []
const UNNAMED_SCOPE = { name: '', attributes: {} }

/** A span of the open trace. Of long texts only the beginning may be here. */
export interface DecodedSpan extends ReceivedSpan {
  /** Texts that were cut, with their full length. */
  readonly cut?: Readonly<Record<string, number>>
}

/** Spans as the analysis takes them: each with its resource and scope, which the answer has once each. */
export function decodedSpans({ traceId, spans, resources, scopes }: TraceDetail): readonly DecodedSpan[] {
  return spans.map((span) => decodedSpan(span, traceId, resources[span.resource], scopes[span.scope]))
}

export function decodedSpan(
  span: WireSpan,
  traceId: string,
  resource: ReceivedSpan['resource'] = UNKNOWN_RESOURCE,
  scope: ReceivedSpan['scope'] = UNNAMED_SCOPE,
): DecodedSpan {
  return {
    traceState: '',
    statusMessage: '',
    attributes: NONE,
    events: NO_ITEMS,
    links: NO_ITEMS,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...span,
    traceId,
    parentSpanId: span.parentSpanId,
    endMicros: span.endMicros,
    resource,
    scope,
  }
}
