// A batch: each message in the trace of who sent it, and linked to the batch. Messages that are fetched have no spans by
// instrumentation:  AMQP_URL=amqp://localhost node --import spanwright/register rabbitmq-batch.mjs
import { connect } from 'amqplib'
import { withMessageBatch, withMessageSpan, withSpan } from 'spanwright'

const connection = await connect(process.env.AMQP_URL ?? 'amqp://localhost')
const channel = await connection.createConfirmChannel()
const { queue: destination } = await channel.assertQueue('cakes', { autoDelete: true, durable: false })
const cakes = { system: 'rabbitmq', destination }

for (const cake of ['lemon', 'poppy', 'plum']) {
  withSpan('POST /cakes', () => channel.sendToQueue(destination, Buffer.from(cake)))
}
await channel.waitForConfirms()

const messages = await withMessageSpan({ ...cakes, operation: 'receive' }, () =>
  Promise.all([1, 2, 3].map(() => channel.get(destination))),
)
await withMessageBatch({ ...cakes, messages }, async (_span, each) => {
  const bake = async ({ content }) => {
    if (String(content) === 'plum') throw new Error('no plums in spring')
  }
  // All are tried: one that fails is refused, and the others are none the worse for it.
  const outcomes = await Promise.allSettled(messages.map((message) => each(message, () => bake(message))))
  outcomes.forEach(({ status }, index) => channel[status === 'fulfilled' ? 'ack' : 'reject'](messages[index], false))
})
await connection.close()
