// A queue runs its jobs outside of the requests that they come from:  node context-queue.mjs
import { EventEmitter, once } from 'node:events'
import { bindContext, currentSpan, startTracing, withSpan } from 'spanwright'

startTracing({ serviceName: 'shop', traceExporter: 'none' })

const jobs = []
const bell = new EventEmitter()
async function consume() {
  for (;;) {
    await once(bell, 'ring')
    for (const job of jobs.splice(0)) await job()
  }
}
void consume() // once, at the start of the app

const enqueue = (job) => {
  jobs.push(job)
  bell.emit('ring')
}
const order = (how, wrap) =>
  withSpan('POST /orders', (request) =>
    enqueue(wrap(() => console.log(`${how}: ${currentSpan() === request ? 'in its trace' : 'in no trace'}`))),
  )
order('without bindContext', (job) => job)
order('with bindContext', bindContext) // its place in an app is where jobs go in: jobs.push(bindContext(job))
