import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

const CONTEXT = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }

const EXAMPLE: ReadableSpan = {
  name: 'GET /items/:id',
  kind: SpanKind.SERVER,
  spanContext: () => CONTEXT,
  startTime: [1_700_000_000, 1],
  endTime: [1_700_000_001, 2],
  duration: [1, 1],
  ended: true,
  status: { code: SpanStatusCode.UNSET },
  attributes: {},
  links: [],
  events: [],
  resource: resourceFromAttributes({ 'service.name': 'shop' }),
  instrumentationScope: { name: 'test' },
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
}

/** An ended span that is ordinary but for these fields; getters stay getters. */
export function span(fields: object = {}): ReadableSpan {
  return Object.defineProperties({ ...EXAMPLE }, Object.getOwnPropertyDescriptors(fields))
}
