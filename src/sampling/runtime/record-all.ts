import { SamplingDecision, type Sampler, type SamplingResult } from '@opentelemetry/sdk-trace'
import type { SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { readRootDecision } from '../tail/root-decision.js'
import type { SamplingCounts } from '../tail/sampling-counts.js'

const RECORDED: SamplingResult = Object.freeze({ decision: SamplingDecision.RECORD })

/**
 * Has every span recorded, also those that the sampler leaves out: they end as spans that are not sampled, so that what
 * counts spans sees them all, and nothing is sent that was not sent before. Costs as much as recording does.
 *
 * Stands around the sampler of the stage, which has written its decision down by then: `explain` tells what the sampler
 * said.
 */
export function recordAll(sampler: Sampler, counts: SamplingCounts): Sampler {
  return {
    shouldSample(...question: SamplingParameters): SamplingResult {
      const result = sampler.shouldSample(...question)
      if (result.decision !== SamplingDecision.NOT_RECORD) return result
      // It was counted as left out; now it starts and ends, and the tail will count it as sampled out.
      counts.notRecorded -= 1
      // The tail would hold back what begins here, only to drop it.
      const note = readRootDecision(question[1])
      if (note) note.policy = undefined
      return result.traceState === undefined ? RECORDED : { ...result, decision: SamplingDecision.RECORD }
    },
    toString: () => sampler.toString(),
  }
}
