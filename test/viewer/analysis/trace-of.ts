import type {
  AttributeValue,
  ReceivedEvent,
  ReceivedResource,
  ReceivedSpan,
} from '../../../src/viewer/model/received-span.js'

/** A whole millisecond, in microseconds since 1970. */
export const MORNING_MICROS = 1_700_000_000_000_000
export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'

type Attributes = Record<string, AttributeValue>

export interface SpanPlan extends Partial<
  Omit<ReceivedSpan, 'attributes' | 'name' | 'resource' | 'startMicros' | 'endMicros'>
> {
  /** From and to, in milliseconds. No end: the span has none. */
  readonly at: readonly [startMillis: number, endMillis?: number]
  /** That of the span above where none is given. */
  readonly service?: string
  /** That of the span above where it is of the same service. */
  readonly resource?: Attributes
  readonly attributes?: Attributes
  readonly children?: readonly PlannedSpan[]
}

export type PlannedSpan = readonly [name: string, plan: SpanPlan]

/** The spans of a trace drawn as a tree. Ids count up from 1 in the order of the drawing. */
export function traceOf(
  roots: readonly PlannedSpan[],
  { traceId = TRACE_ID, firstId = 1 }: { traceId?: string; firstId?: number } = {},
): ReceivedSpan[] {
  const spans: ReceivedSpan[] = []
  const resources = new Map<string, ReceivedResource>()
  let next = firstId
  const add = (planned: PlannedSpan, above: { spanId?: string; service: string; resource: Attributes }): void => {
    const [name, { at, service = above.service, resource: own, children = [], attributes = {}, ...parts }] = planned
    const given = own ?? (service === above.service ? above.resource : {})
    const spanId = parts.spanId ?? (next++).toString(16).padStart(16, '0')
    const key = JSON.stringify([service, given])
    const resource = resources.get(key) ?? {
      service,
      attributes: { 'service.name': service, ...given },
      droppedAttributesCount: 0,
    }
    resources.set(key, resource)
    const [start, end] = at
    spans.push({
      traceId,
      parentSpanId: above.spanId,
      traceState: '',
      name,
      kind: 'internal',
      startMicros: MORNING_MICROS + start * 1_000,
      endMicros: end === undefined ? undefined : MORNING_MICROS + end * 1_000,
      status: 'unset',
      statusMessage: '',
      attributes,
      events: [],
      links: [],
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
      scope: { name: 'test', attributes: {} },
      ...parts,
      spanId,
      resource,
    })
    for (const child of children) add(child, { spanId, service, resource: given })
  }
  for (const root of roots) add(root, { service: 'shop', resource: {} })
  return spans
}

export function exception(message: string, type = 'Error', stack = ''): ReceivedEvent {
  return {
    name: 'exception',
    timeMicros: MORNING_MICROS,
    attributes: { 'exception.type': type, 'exception.message': message, 'exception.stacktrace': stack },
    droppedAttributesCount: 0,
  }
}

/** Randomness that is the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
