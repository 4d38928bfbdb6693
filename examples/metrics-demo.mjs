// Rates that are exact though one trace in a hundred is kept:  PORT=3000 node metrics-demo.mjs, then scrape /metrics
import { setTimeout as delay } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { probabilitySampler, startTracing } from 'spanwright'

const registry = new Registry()
registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
const ignoreIncomingRequestHook = ({ url }) => url === '/metrics'
startTracing({
  serviceName: 'orders',
  sampler: probabilitySampler(0.01),
  spanMetrics: { registry },
  instrumentationConfig: { http: { ignoreIncomingRequestHook } },
})

// After the start, as `node --import ./tracing.mjs` would have it.
const { default: express } = await import('express')
const app = express()
app.get('/metrics', async (_request, response) => {
  response.setHeader('content-type', registry.contentType) // Express's own would not be OpenMetrics any more
  response.end(await registry.metrics())
})
app.get('/orders/:id', async ({ query: { millis = 20, status = 200 } }, response) => {
  await delay(Number(millis))
  response.status(Number(status)).end()
})
const server = app.listen(process.env.PORT ?? 0, '127.0.0.1', () =>
  console.log(`listening on ${server.address().port}`),
)
server.keepAliveTimeout = 60_000 // a connection that closes just as it is used again would be a failed request
