// Express without instrumentations: one line for the trace, one for its errors:  PORT=3000 node middleware-express.mjs
import express from 'express'
import { setTimeout as delay } from 'node:timers/promises'
import { startTracing, tracingMiddleware, withSpan } from 'spanwright'

startTracing({ serviceName: 'orders', traceExporter: 'console', instrumentations: [] })

const app = express()
const tracing = tracingMiddleware({
  ignore: ({ url }) => url === '/health',
  traceResponseHeaders: ['traceresponse', 'server-timing'],
})
app.use(tracing)
app.get('/health', (_request, response) => response.send('ok'))
app.get('/orders/:id', async ({ params: { id } }, response) => {
  await withSpan('SELECT orders', () => delay(20))
  response.json({ id })
})
app.get('/broken', () => {
  throw new Error('no orders today', { cause: new Error('the bakery is closed') })
})
app.use(tracing.errorHandler) // for Express before 5.3

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`http://localhost:${server.address().port}/orders/7, /broken, /health`)
})
