import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { randomBytes } from 'node:crypto'
import { nowEpochMillis } from '../../../internal/runtime/clock.js'

/** A span that says what it is, under the service's name, so that whoever finds it in the backend is not puzzled. */
export function testSpan(serviceName: string): ReadableSpan {
  const context = {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    traceFlags: TraceFlags.SAMPLED,
  }
  const now = nowEpochMillis()
  const time: [number, number] = [Math.floor(now / 1_000), (now % 1_000) * 1e6]
  return {
    name: 'spanwright doctor',
    kind: SpanKind.INTERNAL,
    spanContext: () => context,
    startTime: time,
    endTime: time,
    duration: [0, 0],
    ended: true,
    status: { code: SpanStatusCode.UNSET },
    attributes: { 'spanwright.doctor': true },
    links: [],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    instrumentationScope: { name: 'spanwright' },
  }
}
