// The delivery alone, in a NodeSDK of your own (npm install @opentelemetry/sdk-node):  node plain-node-sdk.mjs
import { trace } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from 'spanwright'

// The SDK's options, and OTLP from a thread of its own. Any exporter goes too: new BatchSpanProcessor({ exporter }).
const batching = new BatchSpanProcessor({ scheduledDelayMillis: 1_000 })
new NodeSDK({ spanProcessors: [batching], metricReaders: [], logRecordProcessors: [] }).start()

const tracer = trace.getTracer('nightly-report')
for (let page = 1; page <= 1_000; page++) tracer.startSpan(`page ${page}`).end()

process.on('exit', () => {
  const { started, queued, exporting } = batching.ledger()
  console.log(`${started} spans, ${queued + exporting} not sent yet`)
})
// All of them arrive, although nothing is flushed and the process ends at once.
process.exit(0)
