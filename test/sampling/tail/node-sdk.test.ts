import { trace } from '@opentelemetry/api'
import { ExportResultCode } from '@opentelemetry/core'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { errorBiasedSampler } from '../../../src/sampling/samplers/error-biased.js'
import { fail } from './tail-tracing.js'

test('in a plain NodeSDK, in front of its batch processor, an error keeps its trace and nothing else is sent', async () => {
  const sampler = errorBiasedSampler({ ratio: 0 })
  const sent: string[] = []
  // The SDK's own in-memory exporter forgets everything at its shutdown.
  const exporter: SpanExporter = {
    export(spans, done) {
      sent.push(...spans.map(({ name }) => name))
      done({ code: ExportResultCode.SUCCESS })
    },
    shutdown: () => Promise.resolve(),
  }
  const sdk = new NodeSDK({
    autoDetectResources: false,
    metricReaders: [],
    logRecordProcessors: [],
    sampler,
    spanProcessors: [sampler.spanProcessor(new BatchSpanProcessor({ exporter }))],
  })
  sdk.start()
  const tracer = trace.getTracer('app')
  tracer.startActiveSpan('good', (root) => {
    tracer.startSpan('query').end()
    root.end()
  })
  tracer.startActiveSpan('bad', (root) => {
    fail(tracer.startSpan('query'))
    root.end()
  })
  tracer.startActiveSpan('open', () => tracer.startSpan('never seen').end())
  await sdk.shutdown()
  expect(sent).toEqual(['query', 'bad'])
})
