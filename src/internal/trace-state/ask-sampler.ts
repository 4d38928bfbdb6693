import type { Context, Link, SpanKind, Attributes } from '@opentelemetry/api'
import { SamplingDecision, type Sampler, type SamplingResult } from '@opentelemetry/sdk-trace'
import { warnOfError } from '../diagnostics/diagnostics.js'

/** What a sampler is asked with; composing samplers hand it on as it is. */
export type SamplingParameters = [
  context: Context,
  traceId: string,
  spanName: string,
  spanKind: SpanKind,
  attributes: Attributes,
  links: Link[],
]

/** Asks a sampler that is not ours. One that throws is logged once and drops: it must not throw into the host. */
export function askSampler(sampler: Sampler, parameters: SamplingParameters): SamplingResult {
  try {
    const result = sampler.shouldSample(...parameters) as Partial<SamplingResult> | undefined
    if (typeof result?.decision === 'number') return result as SamplingResult
    throw new TypeError('it answers without a decision')
  } catch (error) {
    warnOfError('a sampler failed, the span is not sampled', error)
    return { decision: SamplingDecision.NOT_RECORD }
  }
}
