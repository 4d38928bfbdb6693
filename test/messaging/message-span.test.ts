import { context, propagation, SpanKind, trace } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { withMessageSpan, type MessageSpanOptions } from '../../src/messaging/message-span.js'
import { withBaggage } from '../../src/spans/current-context.js'
import { withSpan } from '../../src/spans/with-span.js'
import { TestTracing } from '../spans/tracing.js'
import { referenceTo } from './span-references.js'

const orders = (operation: MessageSpanOptions['operation'], more: Partial<MessageSpanOptions> = {}) =>
  ({ system: 'rabbitmq', destination: 'orders', operation, ...more }) as const

/** What a producer put on its message: the span's context, and the baggage. */
const sent = (): Record<string, string> =>
  withBaggage({ tenant: 'bakery' }, () => withMessageSpan(orders('send'), (_span, headers) => headers))

test('sending is a PRODUCER span named by operation and destination', async () => {
  const tracing = new TestTracing()
  const result = withMessageSpan(orders('send', { messageId: 'm-1' }), () => Promise.resolve(3))
  expect(await result).toBe(3)
  expect(tracing.named('send orders')).toMatchObject({
    kind: SpanKind.PRODUCER,
    attributes: {
      'messaging.system.name': 'rabbitmq',
      'messaging.destination.name': 'orders',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.message.id': 'm-1',
    },
  })
})

test.each([
  ['process', SpanKind.CONSUMER],
  ['receive', SpanKind.CLIENT],
  ['settle', SpanKind.CLIENT],
] as const)('%s has the kind of the conventions', (operation, kind) => {
  const tracing = new TestTracing()
  withMessageSpan(orders(operation), () => {})
  expect(tracing.named(`${operation} orders`).kind).toBe(kind)
})

test('links lead to the spans that sent the messages', () => {
  const tracing = new TestTracing()
  const sender = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
  withMessageSpan(orders('process', { links: [{ context: sender }] }), () => {})
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

test('the name that the broker has for an operation names the span', () => {
  const tracing = new TestTracing()
  withMessageSpan(orders('settle', { attributes: { 'messaging.operation.name': 'nack' } }), () => {})
  expect(tracing.named('nack orders').attributes).toMatchObject({
    'messaging.operation.name': 'nack',
    'messaging.operation.type': 'settle',
  })
})

test('fn gets the headers that carry its span and the baggage', () => {
  const tracing = new TestTracing()
  const headers = sent()
  const { traceId, spanId } = referenceTo(tracing.named('send orders'))
  expect(headers).toEqual({ traceparent: `00-${traceId}-${spanId}-01`, baggage: 'tenant=bakery' })
})

test('processing continues the trace of who sent the message, with its baggage', () => {
  const tracing = new TestTracing()
  const tenant = withMessageSpan(
    orders('process', { carrier: sent() }),
    () => propagation.getActiveBaggage()?.getEntry('tenant')?.value,
  )
  const [producer, consumer] = tracing.ended
  expect(tenant).toBe('bakery')
  expect(consumer?.spanContext().traceId).toBe(producer?.spanContext().traceId)
  expect(consumer?.parentSpanContext?.spanId).toBe(producer?.spanContext().spanId)
  expect(consumer?.links).toEqual([])
})

test('processing inside of another span keeps a link to it', () => {
  const tracing = new TestTracing()
  const carrier = sent()
  withSpan('poll', () => withMessageSpan(orders('process', { carrier }), () => {}))
  const consumer = tracing.named('process orders')
  expect(consumer.parentSpanContext?.spanId).toBe(tracing.named('send orders').spanContext().spanId)
  expect(consumer.links).toMatchObject([{ context: referenceTo(tracing.named('poll')) }])
})

test.each(['receive', 'settle', 'send'] as const)(
  '%s stays where it is, with a link to who sent the message',
  (operation) => {
    const tracing = new TestTracing()
    const carrier = sent()
    withSpan('poll', () => withMessageSpan(orders(operation, { carrier }), () => {}))
    const [sender, span] = tracing.ended
    expect(span?.name).toBe(`${operation} orders`)
    expect(span?.parentSpanContext?.spanId).toBe(tracing.named('poll').spanContext().spanId)
    expect(span?.links).toMatchObject([{ context: sender && referenceTo(sender) }])
  },
)

test('what fn calls after an await is in the trace of who sent the message', async () => {
  const tracing = new TestTracing()
  const carrier = sent()
  await withMessageSpan(orders('process', { carrier }), async () => {
    await Promise.resolve()
    withSpan('bake', () => {})
  })
  expect(tracing.named('bake').parentSpanContext?.spanId).toBe(tracing.named('process orders').spanContext().spanId)
})

const throwing = new Proxy({}, { get: () => fail(), has: () => fail(), ownKeys: () => fail() })
const fail = (): never => {
  throw new Error('a broken carrier')
}

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a number', 7],
  ['a string', 'traceparent'],
  ['an empty object', {}],
  ['a wrong traceparent', { traceparent: '00-zz-zz-01' }],
  ['a traceparent of zeros', { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` }],
  ['an object that throws', throwing],
])('a carrier that is %s changes nothing', (_what, carrier) => {
  const tracing = new TestTracing()
  const result = withSpan('poll', () => withMessageSpan(orders('process', { carrier }), () => 'done'))
  expect(result).toBe('done')
  const { parentSpanContext, links } = tracing.named('process orders')
  expect(parentSpanContext?.spanId).toBe(tracing.named('poll').spanContext().spanId)
  expect(links).toEqual([])
})

test('baggage that comes without a trace is taken over', () => {
  new TestTracing()
  const carrier = { baggage: 'tenant=bakery' }
  const tenant = withSpan('poll', () =>
    withMessageSpan(orders('process', { carrier }), () => propagation.getActiveBaggage()?.getEntry('tenant')?.value),
  )
  expect(tenant).toBe('bakery')
})

test('a message that was not sampled when it was sent is not sampled when it is processed', () => {
  const tracing = new TestTracing()
  const carrier = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' }
  const sampled = withMessageSpan(orders('process', { carrier }), (span) => span.isRecording())
  expect(sampled).toBe(false)
  expect(tracing.ended).toEqual([])
})

test('an error of the handler is on the span, and reaches the caller', async () => {
  const tracing = new TestTracing()
  const error = new TypeError('no flour')
  const handled = withMessageSpan(orders('process', { carrier: sent() }), () => Promise.reject(error))
  await expect(handled).rejects.toBe(error)
  expect(tracing.named('process orders')).toMatchObject({
    status: { code: 2, message: 'no flour' },
    attributes: { 'error.type': 'TypeError' },
  })
})

test('without tracing fn just runs', () => {
  expect(withMessageSpan(orders('process', { carrier: { a: 'b' } }), (_span, headers) => headers)).toEqual({})
  expect(trace.getSpan(context.active())).toBeUndefined()
})
