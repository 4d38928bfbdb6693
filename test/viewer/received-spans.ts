import type { ReceivedResource, ReceivedSpan } from '../../src/viewer/model/received-span.js'

/** A Monday morning, in microseconds since 1970. */
export const MORNING_MICROS = 1_700_000_000_000_000

const resources = new Map<string, ReceivedResource>()

/** The resource of a service: one object for all of its spans, as a decoder makes it. */
export function resourceOf(service: string): ReceivedResource {
  const resource = resources.get(service) ?? {
    service,
    attributes: { 'service.name': service },
    droppedAttributesCount: 0,
  }
  resources.set(service, resource)
  return resource
}

export interface SpanParts extends Partial<Omit<ReceivedSpan, 'resource' | 'parentSpanId'>> {
  readonly service?: string
  /** The span below which it hangs; its trace is taken over. */
  readonly parent?: ReceivedSpan
  readonly parentSpanId?: string
  /** After {@link MORNING_MICROS}. */
  readonly startMillis?: number
  readonly durationMillis?: number
}

let made = 0

/** A span of one millisecond, with an id of its own, and whatever is given. */
export function receivedSpan(parts: SpanParts = {}): ReceivedSpan {
  const { service = 'shop', parent, startMillis = 0, durationMillis = 1, ...given } = parts
  made += 1
  const startMicros = MORNING_MICROS + startMillis * 1_000
  return {
    traceId: parent?.traceId ?? '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: made.toString(16).padStart(16, '0'),
    traceState: '',
    name: 'work',
    kind: 'internal',
    startMicros,
    endMicros: startMicros + durationMillis * 1_000,
    status: 'unset',
    statusMessage: '',
    attributes: {},
    events: [],
    links: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource: resourceOf(service),
    scope: { name: 'test', attributes: {} },
    ...given,
    parentSpanId: given.parentSpanId ?? parent?.spanId,
  }
}
