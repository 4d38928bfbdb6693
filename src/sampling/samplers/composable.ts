import type { Attributes, TraceState } from '@opentelemetry/api'
import { SamplingDecision, type Sampler, type SamplingResult } from '@opentelemetry/sdk-trace'
import { warnOfError } from '../../internal/diagnostics/diagnostics.js'
import {
  thresholdFromBigInt,
  thresholdIn,
  thresholdToBigInt,
  withoutThreshold,
} from '../../internal/trace-state/threshold.js'
import { checkPart } from '../../internal/checks/validate.js'
import { askSampler, type SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { HoldingSampler } from '../decision/close.js'
import { requireSampler } from '../decision/options.js'
import { dropped, inheritedState, ThresholdDecision, keptUncounted } from '../decision/threshold-decision.js'

/** What a ComposableSampler of OpenTelemetry intends. Specification, "SamplingIntent". */
export interface SamplingIntent {
  /** From 0n (keep all) to 2^56 - 1; anything else drops. */
  threshold: bigint
  /** Whether 1 / probability is the true weight. */
  thresholdReliable: boolean
  attributes?: Attributes
  updateTraceState?: (traceState: TraceState | undefined) => TraceState | undefined
}

/** The interface of `@opentelemetry/sampler-composite`, which is matched by its shape. */
export interface ComposableSampler {
  getSamplingIntent(...question: SamplingParameters): SamplingIntent
  toString(): string
}

const DROPS = -1n
const BELOW = 1n << 56n

/**
 * Makes a sampler for a provider of a ComposableSampler. One that throws is logged once and drops.
 *
 * @throws TracingConfigError when it has no `getSamplingIntent`
 */
export function fromComposable(composable: ComposableSampler): Sampler {
  checkPart('composable', composable, 'a composable sampler', ['getSamplingIntent'])
  return new FromComposable(composable)
}

/**
 * Makes a ComposableSampler of any sampler, ours or not. What keeps a span without a threshold becomes "keep all, not
 * reliable".
 *
 * @throws TracingConfigError when it is no sampler
 */
export function toComposable(sampler: Sampler): ComposableSampler {
  requireSampler('sampler', sampler)
  const composable: ComposableSampler & Pick<HoldingSampler, 'heldSamplers'> = {
    heldSamplers: [sampler],
    getSamplingIntent: (...parameters) =>
      intentOf(askSampler(sampler, parameters), inheritedState(parameters[0], parameters[1])),
    toString: () => `Composable{${sampler.toString()}}`,
  }
  return composable
}

class FromComposable extends HoldingSampler implements Sampler {
  readonly #composable: ComposableSampler

  constructor(composable: ComposableSampler) {
    super(composable)
    this.#composable = composable
  }

  shouldSample(...parameters: SamplingParameters): SamplingResult {
    const [context, traceId] = parameters
    const inherited = inheritedState(context, traceId)
    try {
      return decide(this.#composable.getSamplingIntent(...parameters), traceId, inherited)
    } catch (error) {
      warnOfError('a composable sampler failed, the span is not sampled', error)
      return dropped(inherited)
    }
  }

  override toString(): string {
    return this.#composable.toString()
  }
}

function decide(intent: SamplingIntent, traceId: string, inherited: TraceState | undefined): SamplingResult {
  const { threshold, thresholdReliable, attributes } = intent
  if (!(threshold >= 0n && threshold < BELOW)) return dropped(inherited)
  const keepAt = new ThresholdDecision(thresholdFromBigInt(threshold))
  if (!keepAt.keeps(traceId, inherited)) return dropped(inherited)
  const state = intent.updateTraceState === undefined ? inherited : intent.updateTraceState(inherited)
  if (thresholdReliable) return keepAt.result(state, attributes)
  return {
    ...keptUncounted(state),
    ...(state !== undefined && { traceState: withoutThreshold(state) }),
    ...(attributes && { attributes }),
  }
}

function intentOf(result: SamplingResult, inherited: TraceState | undefined): SamplingIntent {
  if (result.decision !== SamplingDecision.RECORD_AND_SAMPLED) return { threshold: DROPS, thresholdReliable: false }
  const { traceState = inherited, attributes } = result
  const threshold = thresholdIn(traceState)
  return {
    threshold: threshold === undefined ? 0n : thresholdToBigInt(threshold),
    thresholdReliable: threshold !== undefined,
    ...(attributes && { attributes }),
    ...(traceState !== inherited && { updateTraceState: () => traceState && withoutThreshold(traceState) }),
  }
}
