import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { alwaysOff } from '../../../src/sampling/samplers/always.js'
import { errorBiasedSampler } from '../../../src/sampling/samplers/error-biased.js'
import { parentBased } from '../../../src/sampling/samplers/parent-based.js'
import { ruleBasedSampler } from '../../../src/sampling/rules/rules.js'
import { TailSpanProcessor } from '../../../src/sampling/tail/tail-processor.js'
import { fail, remoteParent, TailTracing } from './tail-tracing.js'

test('below parentBased, an error deep inside keeps the traces of an error-biased rule', () => {
  const rules = ruleBasedSampler([{ name: 'checkout', sampler: errorBiasedSampler({ ratio: 0 }) }], {
    fallback: alwaysOff(),
  })
  const app = new TailTracing(
    Object.assign(parentBased(rules), { spanProcessor: (next: SpanProcessor) => new TailSpanProcessor([next]) }),
  )
  const root = app.start('checkout')
  fail(app.start('query', root))
  app.start('call', root).end()
  root.end()
  app.start('other', remoteParent({ randomness: '00000000000001', sampled: false })).end()
  expect(app.names).toEqual(['query', 'call', 'checkout'])
})
