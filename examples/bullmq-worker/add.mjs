import { Queue } from 'bullmq'

const queue = new Queue('orders', { connection: { url: process.env.REDIS_URL ?? 'redis://localhost' } })
await queue.add('bake', { bread: process.argv[2] })
await queue.close()
