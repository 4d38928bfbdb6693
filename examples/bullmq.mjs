// One trace from who adds a job to who does it, with no code for it:
//   REDIS_URL=redis://localhost node --import spanwright/register bullmq.mjs
import { once } from 'node:events'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { withSpan } from 'spanwright'

const connection = new Redis(process.env.REDIS_URL ?? 'redis://localhost', { maxRetriesPerRequest: null })

const worker = new Worker('orders', (job) => withSpan('bake', () => Promise.resolve(`a loaf of ${job.data.bread}`)), {
  connection,
})

const queue = new Queue('orders', { connection })
await withSpan('request', () => queue.add('bake', { bread: 'rye' }))
const [, loaf] = await once(worker, 'completed')
console.log(loaf)
await Promise.all([worker.close(), queue.close()])
connection.disconnect()
