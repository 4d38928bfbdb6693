import type { Attributes, TraceState } from '@opentelemetry/api'
import { SamplingDecision, type Sampler, type SamplingResult } from '@opentelemetry/sdk-trace'
import { outOfRange } from '../../internal/checks/validate.js'
import { compareThresholds, KEEP_ALL, thresholdIn, withoutThreshold } from '../../internal/trace-state/threshold.js'
import { askSampler, type SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { HoldingSampler } from '../decision/close.js'
import { requireSampler } from '../decision/options.js'
import { dropped, inheritedState } from '../decision/threshold-decision.js'

/**
 * Keeps what any of the samplers keeps, at the smallest threshold of those that keep it. Each is asked each time, so a
 * rate limiter among them counts every trace. Where one keeps a span and does not say at which threshold, the span has
 * none either: its weight is not known (except for `th:0`, which nothing can widen).
 *
 * The probabilities don't add up: as all decide by the same randomness, 10 % or 20 % is 20 %.
 *
 * @throws TracingConfigError without a sampler, or when one is none
 */
export function anyOf(...samplers: Sampler[]): Sampler {
  if (samplers.length === 0) throw outOfRange('samplers', 'at least one sampler', samplers)
  samplers.forEach((sampler, index) => requireSampler(`samplers[${index}]`, sampler))
  return new AnyOf(samplers)
}

class AnyOf extends HoldingSampler implements Sampler {
  readonly #samplers: readonly Sampler[]

  constructor(samplers: readonly Sampler[]) {
    super(...samplers)
    this.#samplers = samplers
  }

  shouldSample(...parameters: SamplingParameters): SamplingResult {
    const inherited = inheritedState(parameters[0], parameters[1])
    const results = this.#samplers.map((sampler) => askSampler(sampler, parameters))
    const decision = results.map((result) => result.decision).reduce((a, b) => (a > b ? a : b))
    if (decision === SamplingDecision.NOT_RECORD) return dropped(inherited)
    const winners = results.filter((result) => result.decision === decision)
    const traceState = stateOf(decision, winners, inherited)
    const attributes = attributesOf(winners)
    return {
      decision,
      ...(traceState !== undefined && { traceState }),
      ...(attributes !== undefined && { attributes }),
    }
  }

  override toString(): string {
    return `AnyOf{${this.#samplers.map(String).join(', ')}}`
  }
}

/**
 * Who keeps at the smallest threshold keeps whenever another does, so the smallest among those that keep is the smallest
 * of all. Specification, OTEP 250: a keeper without a threshold counts as one at 0 that is not reliable.
 */
function stateOf(
  decision: SamplingDecision,
  winners: readonly SamplingResult[],
  inherited: TraceState | undefined,
): TraceState | undefined {
  let smallest: string | undefined
  let state: TraceState | undefined
  let isReliable = decision === SamplingDecision.RECORD_AND_SAMPLED
  for (const { traceState = inherited } of winners) {
    const threshold = thresholdIn(traceState)
    if (threshold === undefined) isReliable = false
    else if (smallest === undefined || compareThresholds(threshold, smallest) < 0) {
      smallest = threshold
      state = traceState
    }
  }
  state ??= winners[0]?.traceState ?? inherited
  return isReliable || smallest === KEEP_ALL || state === undefined ? state : withoutThreshold(state)
}

function attributesOf(results: readonly SamplingResult[]): Attributes | undefined {
  if (results.every((result) => result.attributes === undefined)) return undefined
  return Object.assign({}, ...results.map((result) => result.attributes)) as Attributes
}
