// One trace from who adds a job to who does it. Spans of Redis come by instrumentation:
//   REDIS_URL=redis://localhost node --import spanwright/register bullmq.mjs
import { once } from 'node:events'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { withMessageSpan, withSpan } from 'spanwright'

const connection = new Redis(process.env.REDIS_URL ?? 'redis://localhost', { maxRetriesPerRequest: null })
const orders = { system: 'bullmq', destination: 'orders' }

const worker = new Worker(
  'orders',
  (job) =>
    withMessageSpan({ ...orders, operation: 'process', carrier: job, messageId: job.id }, () =>
      withSpan('bake', () => Promise.resolve(`a loaf of ${job.data.bread}`)),
    ),
  { connection },
)

const queue = new Queue('orders', { connection })
await withMessageSpan({ ...orders, operation: 'send' }, (_span, headers) =>
  queue.add('bake', { bread: 'rye' }, { telemetry: { metadata: JSON.stringify(headers) } }),
)
const [, loaf] = await once(worker, 'completed')
console.log(loaf)
await Promise.all([worker.close(), queue.close()])
connection.disconnect()
