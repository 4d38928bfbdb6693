import { SpanKind } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { withMessageSpan } from '../../src/spans/message-span.js'
import { TestTracing } from './tracing.js'

test('sending is a PRODUCER span named by operation and destination', async () => {
  const tracing = new TestTracing()
  const sent = withMessageSpan({ system: 'kafka', destination: 'orders', operation: 'send' }, () => Promise.resolve(3))
  expect(await sent).toBe(3)
  expect(tracing.named('send orders')).toMatchObject({
    kind: SpanKind.PRODUCER,
    attributes: {
      'messaging.system.name': 'kafka',
      'messaging.destination.name': 'orders',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
    },
  })
})

test.each([
  ['process', SpanKind.CONSUMER],
  ['receive', SpanKind.CLIENT],
  ['settle', SpanKind.CLIENT],
] as const)('%s has the kind of the conventions', (operation, kind) => {
  const tracing = new TestTracing()
  withMessageSpan({ system: 'rabbitmq', destination: 'orders', operation }, () => {})
  expect(tracing.named(`${operation} orders`).kind).toBe(kind)
})

test('links lead to the spans that sent the messages', () => {
  const tracing = new TestTracing()
  const sender = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
  withMessageSpan(
    { system: 'kafka', destination: 'orders', operation: 'process', links: [{ context: sender }] },
    () => {},
  )
  expect(tracing.named('process orders').links).toMatchObject([{ context: sender }])
})

test.each([
  [{ 'messaging.destination.temporary': true }, 'receive'],
  [{ 'messaging.destination.anonymous': true }, 'receive'],
  [{ 'messaging.destination.template': 'reply-{id}' }, 'receive reply-{id}'],
])('a destination of many names stays out of the name of the span: %o', (attributes, name) => {
  const tracing = new TestTracing()
  withMessageSpan({ system: 'rabbitmq', destination: 'reply-81f3', operation: 'receive', attributes }, () => {})
  expect(tracing.names).toEqual([name])
  expect(tracing.named(name).attributes).toMatchObject({ ...attributes, 'messaging.destination.name': 'reply-81f3' })
})
