import { SpanKind, ROOT_CONTEXT } from '@opentelemetry/api'
import { afterEach, expect, test } from 'vitest'
import { dynamicSampler, probabilitySampler, rateLimitingSampler, startTracing, type Tracing } from '../../src/index.js'
import { SamplingPipeline } from '../../src/sampling/runtime/pipeline.js'

let tracing: Tracing | undefined
afterEach(async () => {
  await tracing?.shutdown()
})

// R, its last 14 digits, is the smallest but nothing: whatever does not keep all drops it.
const DROPPED_ID = 'ababababababababab00000000000001'

test.each([
  ['probabilitySampler', () => probabilitySampler(0.5), '8'],
  ['rateLimitingSampler', () => rateLimitingSampler({ maxTracesPerSecond: 1e-9, burst: 1 }), expect.any(String)],
  ['dynamicSampler', () => dynamicSampler({ goalTracesPerSecond: 1e-9 }), expect.any(String)],
])('explain tells the T by which %s dropped a trace', (_name, make, threshold: unknown) => {
  const stage = new SamplingPipeline(make(), undefined)
  for (let i = 0; i < 100; i += 1) stage.sampler.shouldSample(ROOT_CONTEXT, DROPPED_ID, 'GET', SpanKind.SERVER, {}, [])
  expect(stage.explain(DROPPED_ID)).toMatchObject({ outcome: 'dropped', randomness: '00000000000001', threshold })
})

test('explain knows nothing of a trace that did not begin here', () => {
  tracing = startTracing({ traceExporter: 'none', instrumentations: [] })
  expect(tracing.explain('0af7651916cd43dd8448eb211c80319c')).toBeUndefined()
})
