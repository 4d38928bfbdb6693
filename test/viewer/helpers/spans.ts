import type {
  Attributes,
  ReceivedLog,
  ReceivedResource,
  ReceivedSpan,
} from '../../../src/viewer/model/received-span.js'

export function resource(service: string, attributes: Attributes = {}): ReceivedResource {
  return { service, attributes: { 'service.name': service, ...attributes }, droppedAttributesCount: 0 }
}

export const traceId = (n: number): string => n.toString(16).padStart(32, '0')
export const spanId = (n: number): string => n.toString(16).padStart(16, '0')

export type SpanFields = Omit<Partial<ReceivedSpan>, 'parentSpanId'> & {
  readonly service?: string
  /** `parentSpanId`, where it is not the root. */
  readonly parent?: string
}

/** A span of one millisecond in the trace 1, with what is given instead. */
export function span({ service = 'orders', parent, ...fields }: SpanFields = {}): ReceivedSpan {
  return {
    traceId: traceId(1),
    spanId: spanId(1),
    parentSpanId: parent,
    traceState: '',
    name: 'GET /orders',
    kind: 'server',
    startMicros: 1_700_000_000_000_000,
    endMicros: 1_700_000_000_001_000,
    status: 'unset',
    statusMessage: '',
    attributes: {},
    events: [],
    links: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource: resource(service),
    scope: { name: '', attributes: {} },
    ...fields,
  }
}

export function log(fields: Partial<ReceivedLog> = {}): ReceivedLog {
  return {
    traceId: traceId(1),
    spanId: spanId(1),
    timeMicros: 1_700_000_000_000_500,
    severity: 'INFO',
    body: 'hello',
    attributes: {},
    resource: resource('orders'),
    ...fields,
  }
}
