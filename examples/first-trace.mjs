// A first trace, seen without any backend:  node first-trace.mjs
import { setTimeout as wait } from 'node:timers/promises'
import { setSpanAttributes, startTracing, withSpan } from 'spanwright'

startTracing({ serviceName: 'bakery', traceExporter: 'console' })

await withSpan('bake bread', async () => {
  await withSpan('knead', () => wait(20))
  await withSpan('rise', () => wait(60))
  await withSpan('oven', async () => {
    setSpanAttributes({ 'oven.degrees': 230 })
    await wait(40)
  })
})
