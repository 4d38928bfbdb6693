// A worker thread whose spans belong to the request that gave it the work:
//   node --import spanwright/register context-worker.mjs
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { currentSpan, portWithContext, withSpan, workerWithContext } from 'spanwright'

const traceId = () => currentSpan()?.spanContext().traceId

if (isMainThread) {
  const ask = (worker, how) =>
    new Promise((resolve) => {
      withSpan('GET /thumbnail', () => {
        const own = traceId()
        worker.postMessage({ width: 80 })
        worker.once('message', (reply) => {
          console.log(`${how}: resized ${reply.traceId === own ? 'in the trace' : 'in a trace of its own'}`)
          resolve(worker.terminate())
        })
      })
    })
  const file = new URL(import.meta.url)
  await ask(new Worker(file), 'without workerWithContext')
  await ask(workerWithContext(new Worker(file)), 'with workerWithContext')
} else {
  portWithContext(parentPort).on('message', ({ width }) =>
    withSpan('resize', () => parentPort.postMessage({ width, traceId: traceId() })),
  )
}
