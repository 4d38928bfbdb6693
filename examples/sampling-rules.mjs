// Another sampler for each kind of request, and none for health checks:  node sampling-rules.mjs
import { SpanKind } from '@opentelemetry/api'
import { alwaysOn, healthChecksAndStaticFiles, probabilitySampler, ruleBasedSampler } from 'spanwright'
import { startTracing, withSpan } from 'spanwright'

startTracing({
  serviceName: 'shop',
  traceExporter: 'console',
  sampler: ruleBasedSampler(
    [
      healthChecksAndStaticFiles(),
      { label: 'checkout', name: 'POST /checkout', sampler: alwaysOn() },
      { label: 'gold', attributes: { 'customer.tier': ['gold', 'platinum'] }, sampler: alwaysOn() },
    ],
    { fallback: probabilitySampler(0.01) },
  ),
})

const request = (name, attributes = {}) => withSpan(name, { kind: SpanKind.SERVER, attributes }, () => name)

for (let i = 0; i < 100; i++) request('GET /healthz') // none of these is seen
for (let i = 0; i < 100; i++) request('GET /search') // about one of these
request('GET /search', { 'customer.tier': 'gold' }) // this one, and the next
request('POST /checkout')
