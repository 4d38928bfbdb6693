import type { Context, Link, SpanKind, Attributes } from '@opentelemetry/api'
import { SamplingDecision, type Sampler, type SamplingResult } from '@opentelemetry/sdk-trace'
import { messageOf, warnOnce } from '../diagnostics/diagnostics.js'

/** What a sampler is asked with; composing samplers hand it on as it is. */
export type SamplingParameters = [
  context: Context,
  traceId: string,
  spanName: string,
  spanKind: SpanKind,
  attributes: Attributes,
  links: Link[],
]

/** Asks a sampler that is not ours. One that throws is told once and counts as one that drops: the host must not notice. */
export function askSampler(sampler: Sampler, question: SamplingParameters): SamplingResult {
  try {
    const result = sampler.shouldSample(...question) as Partial<SamplingResult> | undefined
    if (typeof result?.decision === 'number') return result as SamplingResult
    throw new TypeError('it answers without a decision')
  } catch (error) {
    warnOnce('sampler-throws', `a sampler failed (${messageOf(error)}); the span is not sampled`)
    return { decision: SamplingDecision.NOT_RECORD }
  }
}
