// Any OpenTelemetry Sampler will do; this one drops health checks:  node custom-sampler.mjs
import { SamplingDecision, startTracing, withSpan } from 'spanwright'

const { NOT_RECORD, RECORD_AND_SAMPLED } = SamplingDecision

/** @type {import('spanwright').Sampler} */
const withoutHealthChecks = {
  shouldSample(_parent, _traceId, name) {
    return { decision: name === 'GET /health' ? NOT_RECORD : RECORD_AND_SAMPLED }
  },
  toString: () => 'WithoutHealthChecks',
}

startTracing({ serviceName: 'shop', sampler: withoutHealthChecks, traceExporter: 'console' })

withSpan('GET /health', () => 'nobody needs to see this')
withSpan('GET /orders', () => 'but this')
