import { propagation } from '@opentelemetry/api'
import { connect, type Channel, type ChannelModel, type ConsumeMessage, type GetMessage } from 'amqplib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withMessageBatch } from '../../src/messaging/message-batch.js'
import { withMessageSpan, type MessageSpanOptions } from '../../src/messaging/message-span.js'
import { withBaggage } from '../../src/spans/current-context.js'
import { withSpan } from '../../src/spans/with-span.js'
import { TestTracing } from '../spans/tracing.js'
import { hasRabbitmq, NEEDS_RABBITMQ, START_TIMEOUT_MILLIS, startRabbitmq } from './brokers.js'
import { runExample } from './run-example.js'
import { linksOf, parentOf, referenceTo } from './span-references.js'

const QUEUE = 'orders'
const orders = (operation: MessageSpanOptions['operation'], more: Partial<MessageSpanOptions> = {}) =>
  ({ system: 'rabbitmq', destination: QUEUE, operation, ...more }) as const

describe.skipIf(!hasRabbitmq)(`RabbitMQ, through amqplib ${NEEDS_RABBITMQ}`, () => {
  const started = new AsyncDisposableStack()
  let connection: ChannelModel
  let env: { readonly AMQP_URL: string }
  let channel: Channel

  beforeAll(async () => {
    const broker = started.use(await startRabbitmq())
    env = { AMQP_URL: broker.url }
    connection = started.adopt(await connect(broker.url), (open) => open.close())
  }, START_TIMEOUT_MILLIS)

  afterAll(() => started.disposeAsync())

  beforeEach(async () => {
    channel = await connection.createChannel()
    await channel.assertQueue(QUEUE, { durable: false })
    await channel.purgeQueue(QUEUE)
    return () => channel.close()
  })

  const send = (id: string): void => {
    withBaggage({ order: id }, () =>
      withMessageSpan(orders('send', { messageId: id }), (_span, headers) => {
        channel.sendToQueue(QUEUE, Buffer.from(id), { headers, messageId: id })
      }),
    )
  }

  /** Settles when the handler has handled so many; one that throws puts the message back, once. */
  const consume = (count: number, handler: (message: ConsumeMessage) => unknown): Promise<void> => {
    const done = Promise.withResolvers<undefined>()
    const handled = async (message: ConsumeMessage): Promise<void> => {
      try {
        await withMessageSpan(orders('process', { carrier: message }), () => handler(message))
        channel.ack(message)
        if (--count === 0) done.resolve(undefined)
      } catch {
        withMessageSpan(
          orders('settle', { carrier: message, attributes: { 'messaging.operation.name': 'nack' } }),
          () => channel.nack(message),
        )
      }
    }
    void channel.consume(QUEUE, (message) => message && void handled(message))
    return done.promise
  }

  test('what consumers do is one trace with what the producer did, baggage included', async () => {
    const tracing = new TestTracing()
    const seen: unknown[] = []
    const consumed = consume(1, async () => {
      await Promise.resolve()
      withSpan('bake', () => seen.push(propagation.getActiveBaggage()?.getEntry('order')?.value))
    })
    withSpan('POST /orders', () => send('rye'))
    await consumed
    const [root, sent, processed, baked] = ['POST /orders', 'send orders', 'process orders', 'bake'].map((name) =>
      tracing.named(name),
    )
    expect([sent, processed, baked].map((span) => span && parentOf(span))).toEqual(
      [root, sent, processed].map((span) => span && referenceTo(span)),
    )
    expect(seen).toEqual(['rye'])
  })

  test('a message that is put back and delivered again is processed twice, in the one trace', async () => {
    const tracing = new TestTracing()
    const error = new Error('the oven is cold')
    const consumed = consume(1, ({ fields }) => (fields.redelivered ? Promise.resolve() : Promise.reject(error)))
    send('rye')
    await consumed
    const sent = referenceTo(tracing.named('send orders'))
    const processed = tracing.ended.filter(({ name }) => name === 'process orders')
    expect(processed.map(parentOf)).toEqual([sent, sent])
    expect(processed.map(({ status }) => status)).toEqual([{ code: 2, message: 'the oven is cold' }, { code: 0 }])
    expect(linksOf(tracing.named('nack orders'))).toEqual([sent])
  })

  test('messages that are fetched and handled as a batch are each in the trace of their producer', async () => {
    const tracing = new TestTracing()
    for (const id of ['rye', 'spelt', 'wheat']) send(id)
    const messages = await withMessageSpan(orders('receive'), async () => {
      const found: GetMessage[] = []
      for (let message; found.length < 3 && (message = await channel.get(QUEUE));) found.push(message)
      return found
    })
    const failed = await withMessageBatch(
      {
        system: 'rabbitmq',
        destination: QUEUE,
        messages,
        idOf: ({ properties }) => String(properties.messageId),
      },
      async (_span, each) => {
        const outcomes = await Promise.allSettled(
          messages.map((message) =>
            each(message, async () => {
              if (message.content.toString() === 'spelt') throw new Error('no spelt left')
              await Promise.resolve()
              channel.ack(message)
            }),
          ),
        )
        return messages.filter((_message, index) => outcomes[index]?.status === 'rejected')
      },
    )
    for (const message of failed) channel.nack(message, false, false)

    const sent = tracing.ended.filter(({ name }) => name === 'send orders').map(referenceTo)
    const batch = tracing.ended.find(({ attributes }) => attributes['messaging.batch.message_count'] === 3)
    const processed = tracing.ended.filter((span) => span.name === 'process orders' && span !== batch)
    expect(batch && linksOf(batch)).toEqual(sent)
    expect(processed.map(parentOf)).toEqual(expect.arrayContaining(sent))
    for (const span of processed) expect(linksOf(span)).toEqual([batch && referenceTo(batch)])
    const statusOf = Object.fromEntries(
      processed.map(({ attributes, status }) => [String(attributes['messaging.message.id']), status.code]),
    )
    expect(statusOf).toEqual({ rye: 0, spelt: 2, wheat: 0 })
    expect(failed.map(({ content }) => content.toString())).toEqual(['spelt'])
  })

  test('an app under the one flag has one trace of a message, with each span once, and needs no code for it', async () => {
    const { tree, spans } = await runExample('rabbitmq.mjs', env)
    expect(tree).toEqual([
      'INTERNAL POST /orders',
      '  PRODUCER publish amq.default',
      '    CONSUMER process bakery',
      '      INTERNAL bake',
      '    CONSUMER process bakery',
      '      INTERNAL bake',
    ])
    expect(spans.filter(({ status }) => status.code === 'ERROR').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['process bakery', 'bake']),
    )
  })

  test('the example of a batch joins what instrumentation sends with what it does not see received', async () => {
    const { tree, spans } = await runExample('rabbitmq-batch.mjs', env)
    const cake = ['INTERNAL POST /cakes', '  PRODUCER publish amq.default', '    CONSUMER process cakes']
    expect(tree).toEqual([...cake, ...cake, ...cake, 'CLIENT receive cakes', 'CONSUMER process cakes'])
    const links = spans.filter(({ name }) => name === 'process cakes').map((span) => span.links.length)
    expect(links.sort()).toEqual([1, 1, 1, 3])
    const failed = spans.filter(({ status }) => status.code === 'ERROR')
    expect(failed.map(({ name, status }) => [name, status.message])).toEqual([['process cakes', 'no plums in spring']])
  })
})
