// One trace from producer to consumer, by instrumentation alone:
//   AMQP_URL=amqp://localhost node --import spanwright/register rabbitmq.mjs
import { once } from 'node:events'
import { connect } from 'amqplib'
import { withSpan } from 'spanwright'

const connection = await connect(process.env.AMQP_URL ?? 'amqp://localhost')
const channel = await connection.createChannel()
const { queue } = await channel.assertQueue('bakery', { autoDelete: true, durable: false })

await channel.consume(queue, async (message) => {
  try {
    await withSpan('bake', async () => {
      if (!message.fields.redelivered) throw new Error('the oven is cold')
    })
    channel.ack(message)
    channel.emit('baked')
  } catch {
    channel.nack(message) // back into the queue, for another attempt in the same trace
  }
})

withSpan('POST /orders', () => channel.sendToQueue(queue, Buffer.from('rye')))
await once(channel, 'baked')
await connection.close()
