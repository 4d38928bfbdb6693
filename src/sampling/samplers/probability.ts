import type { Context } from '@opentelemetry/api'
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace'
import { encodeThreshold } from '../../internal/trace-state/threshold.js'
import { alwaysOff } from './always.js'
import { inheritedState, ThresholdDecision } from '../decision/threshold-decision.js'
import { requireNumber } from '../decision/options.js'

/**
 * Keeps this share of all traces, by the trace id alone: services with different ratios agree, what a smaller ratio keeps
 * a larger one keeps too. Writes the threshold into `tracestate`, by which spans can be weighted when they are counted.
 * Specification: "TraceState: Probability Sampling".
 *
 * Not a limit: ten times the requests are ten times the traces. For a limit, rateLimitingSampler.
 *
 * @param ratio from 0 (none) to 1 (all)
 * @throws TracingConfigError for any other ratio
 */
export function probabilitySampler(ratio: number): Sampler {
  requireNumber('ratio', ratio, { min: 0, max: 1 })
  if (ratio === 0) return alwaysOff()
  return new ProbabilitySampler(ratio)
}

class ProbabilitySampler implements Sampler {
  readonly #ratio: number
  readonly #keepAt: ThresholdDecision

  constructor(ratio: number) {
    this.#ratio = ratio
    this.#keepAt = new ThresholdDecision(encodeThreshold(ratio))
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    return this.#keepAt.decide(traceId, inheritedState(context, traceId))
  }

  toString(): string {
    return `Probability{${this.#ratio}}`
  }
}
