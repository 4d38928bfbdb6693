import type { ReceivedSpan } from '../../model/received-span.js'
import type { SpanColumns, TraceDetail, WireSpan } from '../../serve/wire.js'

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
export function decodedSpans({ traceId, spans, columns, resources, scopes }: TraceDetail): readonly DecodedSpan[] {
  if (columns) return spansOfColumns(traceId, columns, resources, scopes)
  return spans.map((span) => decodedSpan(span, traceId, resources[span.resource], scopes[span.scope]))
}

function spansOfColumns(
  traceId: string,
  columns: SpanColumns,
  resources: TraceDetail['resources'],
  scopes: TraceDetail['scopes'],
): readonly DecodedSpan[] {
  const { base, texts, ids, statusMessages, traceStates } = columns
  return ids.map((spanId, index) => {
    const parent = columns.parents[index]
    const startMicros = base + (columns.starts[index] ?? 0)
    const duration = columns.durations[index] ?? undefined
    return {
      traceId,
      spanId,
      parentSpanId: typeof parent === 'number' ? ids[parent] : (parent ?? undefined),
      traceState: traceStates[index] ?? '',
      name: texts[columns.names[index] ?? 0] ?? '',
      kind: texts[columns.kinds[index] ?? 0] as DecodedSpan['kind'],
      startMicros,
      endMicros: duration === undefined ? undefined : startMicros + duration,
      status: texts[columns.statuses[index] ?? 0] as DecodedSpan['status'],
      statusMessage: statusMessages[index] ?? '',
      attributes: NONE,
      events: NO_ITEMS,
      links: NO_ITEMS,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
      resource: resources[columns.resources[index] ?? 0] ?? UNKNOWN_RESOURCE,
      scope: scopes[columns.scopes[index] ?? 0] ?? UNNAMED_SCOPE,
    }
  })
}

function decodedSpan(
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
