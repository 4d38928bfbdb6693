import { propagation, SpanKind } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { withMessageBatch, type MessageBatchOptions } from '../../src/messaging/message-batch.js'
import { withMessageSpan } from '../../src/messaging/message-span.js'
import { withBaggage } from '../../src/spans/current-context.js'
import { withSpan } from '../../src/spans/with-span.js'
import { TestTracing } from '../spans/tracing.js'
import { referenceTo } from './span-references.js'

interface Order {
  readonly id: string
  readonly headers: Record<string, string>
}

const ORDERS = { system: 'kafka', destination: 'orders', carrierOf: ({ headers }: Order) => headers } as const

/** An order of each name, sent in a trace of its own. */
const send = (...ids: string[]): Order[] =>
  ids.map((id) =>
    withBaggage({ order: id }, () =>
      withMessageSpan({ system: 'kafka', destination: 'orders', operation: 'send' }, (_span, headers) => ({
        id,
        headers,
      })),
    ),
  )

const processed = async (messages: readonly Order[], more: Partial<MessageBatchOptions<Order>> = {}): Promise<void> => {
  await withMessageBatch({ ...ORDERS, messages, ...more }, async (_span, each) => {
    for (const message of messages) await each(message, () => Promise.resolve())
  })
}

interface Spans {
  readonly producers: readonly ReadableSpan[]
  readonly batch: ReadableSpan
  readonly consumers: readonly ReadableSpan[]
}

function spansOf(tracing: TestTracing): Spans {
  const isBatch = ({ attributes }: ReadableSpan): boolean => 'messaging.batch.message_count' in attributes
  const batch = tracing.ended.find(isBatch)
  if (batch === undefined) throw new Error('there is no span of a batch')
  return {
    batch,
    producers: tracing.ended.filter(({ name }) => name === 'send orders'),
    consumers: tracing.ended.filter((span) => span.name === 'process orders' && !isBatch(span)),
  }
}

const parentIdOf = (span: ReadableSpan | undefined): string | undefined => span?.parentSpanContext?.spanId

test('a batch is one CONSUMER span with the number of messages and a link to the sender of each', async () => {
  const tracing = new TestTracing()
  await processed(send('rye', 'spelt'), { attributes: { 'messaging.destination.partition.id': '7' } })
  const { batch, producers } = spansOf(tracing)
  expect(batch).toMatchObject({
    name: 'process orders',
    kind: SpanKind.CONSUMER,
    attributes: {
      'messaging.system.name': 'kafka',
      'messaging.destination.name': 'orders',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.batch.message_count': 2,
      'messaging.destination.partition.id': '7',
    },
    links: producers.map((producer) => ({ context: referenceTo(producer) })),
  })
  expect(parentIdOf(batch)).toBeUndefined()
})

test('each message is processed in the trace of who sent it, with a link to the batch', async () => {
  const tracing = new TestTracing()
  await processed(send('rye', 'spelt'))
  const { batch, producers, consumers } = spansOf(tracing)
  expect(consumers.map(parentIdOf)).toEqual(producers.map((producer) => producer.spanContext().spanId))
  for (const consumer of consumers) {
    expect(consumer.kind).toBe(SpanKind.CONSUMER)
    expect(consumer.links).toMatchObject([{ context: referenceTo(batch) }])
  }
})

test('each handler has the baggage of who sent its message', () => {
  new TestTracing()
  const messages = send('rye', 'spelt')
  const seen = withMessageBatch({ ...ORDERS, messages }, (_span, each) =>
    messages.map((message) => each(message, () => propagation.getActiveBaggage()?.getEntry('order')?.value)),
  )
  expect(seen).toEqual(['rye', 'spelt'])
})

test('ids and attributes of a message are on its span and on the link to its sender, not on the batch', async () => {
  const tracing = new TestTracing()
  await processed(send('rye'), { idOf: ({ id }) => id, attributesOf: ({ id }) => ({ 'bakery.bread': id }) })
  const { batch, consumers } = spansOf(tracing)
  const ofMessage = { 'messaging.message.id': 'rye', 'bakery.bread': 'rye' }
  expect(batch.links[0]?.attributes).toEqual(ofMessage)
  expect(consumers[0]?.attributes).toMatchObject(ofMessage)
  expect(batch.attributes).not.toHaveProperty('messaging.message.id')
})

test('attributes of the destination are on the batch and on its messages, and name both', async () => {
  const tracing = new TestTracing()
  const attributes = { 'messaging.destination.template': 'orders-{day}', 'messaging.consumer.group.name': 'ovens' }
  await processed(send('rye'), { destination: 'orders-friday', attributes })
  const spans = tracing.ended.filter(({ name }) => name === 'process orders-{day}')
  expect(spans).toHaveLength(2)
  for (const span of spans) expect(span.attributes).toMatchObject(attributes)
  expect(spans.map((span) => span.attributes['messaging.batch.message_count'])).toEqual([undefined, 1])
  expect(spans[1]?.links[0]?.attributes).toEqual({})
})

test('a message without a trace context is a child of the batch', async () => {
  const tracing = new TestTracing()
  await processed([{ id: 'rye', headers: {} }])
  const { batch, consumers } = spansOf(tracing)
  expect(batch.links).toEqual([])
  expect(parentIdOf(consumers[0])).toBe(batch.spanContext().spanId)
})

test('a message is its own carrier unless it is said otherwise: of Kafka, the headers that it has as bytes', () => {
  const tracing = new TestTracing()
  const messages = send('rye').map(({ id, headers }) => ({
    key: null,
    value: Buffer.from(id),
    offset: '0',
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)])),
  }))
  withMessageBatch({ system: 'kafka', destination: 'orders', messages }, (_span, each) =>
    messages.forEach((message) => each(message, () => {})),
  )
  const { producers, consumers } = spansOf(tracing)
  expect(parentIdOf(consumers[0])).toBe(producers[0]?.spanContext().spanId)
})

test('an error stops a loop that awaits each one, and is on the message and on the batch', async () => {
  const tracing = new TestTracing()
  const messages = send('rye', 'spelt', 'wheat')
  const error = new Error('no flour')
  const done = withMessageBatch({ ...ORDERS, messages }, async (_span, each) => {
    for (const message of messages) {
      await each(message, () => (message.id === 'spelt' ? Promise.reject(error) : Promise.resolve()))
    }
  })
  await expect(done).rejects.toBe(error)
  const { batch, consumers } = spansOf(tracing)
  expect(consumers.map(({ status }) => status.code)).toEqual([0, 2])
  expect(batch.status).toEqual({ code: 2, message: 'no flour' })
})

test('a batch whose failures are answered one by one has not failed', async () => {
  const tracing = new TestTracing()
  const messages = send('rye', 'spelt', 'wheat')
  const failures = await withMessageBatch({ ...ORDERS, messages }, async (_span, each) => {
    const outcomes = await Promise.allSettled(
      messages.map((message) =>
        each(message, () => (message.id === 'spelt' ? Promise.reject(new Error('no flour')) : Promise.resolve())),
      ),
    )
    return messages.filter((_message, index) => outcomes[index]?.status === 'rejected').map(({ id }) => id)
  })
  expect(failures).toEqual(['spelt'])
  const { batch, consumers } = spansOf(tracing)
  expect(consumers.map(({ status }) => status.code)).toEqual(expect.arrayContaining([0, 2, 0]))
  expect(batch.status.code).toBe(0)
})

test('a message belongs to the batch wherever its handler is called from', () => {
  const tracing = new TestTracing()
  const messages: Order[] = [{ id: 'rye', headers: {} }]
  withMessageBatch({ ...ORDERS, messages }, (_span, each) =>
    withSpan('a pool of workers', () => messages.forEach((message) => each(message, () => {}))),
  )
  const { batch, consumers } = spansOf(tracing)
  expect(parentIdOf(consumers[0])).toBe(batch.spanContext().spanId)
})

test('all links are given: the SDK counts what it leaves out', async () => {
  const tracing = new TestTracing()
  const messages = send(...Array.from({ length: 200 }, (_, index) => `order ${index}`))
  await processed(messages)
  const { batch, consumers } = spansOf(tracing)
  expect(batch.attributes['messaging.batch.message_count']).toBe(200)
  expect([batch.links.length, batch.droppedLinksCount]).toEqual([128, 72])
  expect(consumers.filter(({ links }) => links.length === 1)).toHaveLength(200)
})

test.each([[[]], [undefined]])('a batch of %j is a batch of none', (messages) => {
  const tracing = new TestTracing()
  const result = withMessageBatch({ ...ORDERS, messages }, () => 'done')
  expect(result).toBe('done')
  expect(spansOf(tracing).batch.attributes['messaging.batch.message_count']).toBe(0)
})

test.each(['carrierOf', 'idOf', 'attributesOf'] as const)(
  '%s may fail, and costs only what it tells',
  async (option) => {
    const tracing = new TestTracing()
    const failing = (): never => {
      throw new Error('a message of another shape')
    }
    await processed(send('rye'), { idOf: ({ id }) => id, [option]: failing })
    const { batch, producers, consumers } = spansOf(tracing)
    const parent = option === 'carrierOf' ? batch : producers[0]
    expect(parentIdOf(consumers[0])).toBe(parent?.spanContext().spanId)
    expect(consumers[0]?.attributes['messaging.message.id']).toBe(option === 'idOf' ? undefined : 'rye')
    expect([batch.status.code, consumers[0]?.status.code]).toEqual([0, 0])
  },
)

test('the span of the batch lasts as long as what fn returns', async () => {
  const tracing = new TestTracing()
  const messages = send('rye')
  const iterated = withMessageBatch({ ...ORDERS, messages }, async function* (_span, each) {
    for (const message of messages) yield await each(message, () => Promise.resolve(message.id))
  })
  expect(tracing.names).toEqual(['send orders'])
  for await (const id of iterated) expect(id).toBe('rye')
  expect(tracing.names).toEqual(['send orders', 'process orders', 'process orders'])
})
