// A worker of a queue: REDIS_URL=redis://… npm start, then npm run add. One trace from who adds a job to who does it.
import { Worker } from 'bullmq'
import { withSpan } from 'spanwright'

const connection = { url: process.env.REDIS_URL ?? 'redis://localhost' }
const worker = new Worker('orders', ({ data }) => withSpan('bake', () => `a loaf of ${data.bread}`), { connection })
worker.on('completed', (_job, loaf) => console.log(loaf))
worker.on('ready', () => console.log('ready'))
// The job under way is finished first; its spans are sent before the process ends.
process.once('SIGTERM', () => worker.close())
