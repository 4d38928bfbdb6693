// Kafka: KAFKA_BROKERS=localhost:9092 npm start. One trace from the message's producer to its consumer.
import { Kafka } from 'kafkajs'
import { withSpan } from 'spanwright'

const kafka = new Kafka({ clientId: 'bakery', brokers: (process.env.KAFKA_BROKERS ?? 'localhost:9092').split(',') })
const admin = kafka.admin()
await admin.connect()
await admin.createTopics({ topics: [{ topic: 'orders' }], waitForLeaders: true })
await admin.disconnect()

const consumer = kafka.consumer({ groupId: `bakery-${process.pid}` })
const producer = kafka.producer()
const baked = Promise.withResolvers()
await Promise.all([consumer.connect(), producer.connect()])
await consumer.subscribe({ topic: 'orders', fromBeginning: true })
await consumer.run({
  async eachMessage({ message }) {
    await withSpan('bake', () => console.log(`baked ${message.value}`))
    baked.resolve()
  },
})

await withSpan('order', () => producer.send({ topic: 'orders', messages: [{ value: 'rye' }] }))
await baked.promise
await Promise.all([consumer.disconnect(), producer.disconnect()])
