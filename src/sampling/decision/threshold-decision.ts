import { trace, TraceFlags, type Attributes, type Context, type SpanContext, type TraceState } from '@opentelemetry/api'
import { SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace'
import { isValidSpanContext } from '../../internal/otel-api/local-span-context.js'
import {
  isKept,
  probabilityOf,
  rvIn,
  thresholdIn,
  withoutThreshold,
  withThreshold,
  encodeThreshold,
  adjustedCountOf,
} from '../../internal/trace-state/threshold.js'
import { rootDecisionFor } from '../tail/root-decision.js'
import { followLocalParent, tailStateOf } from '../tail/registry.js'

const DROPPED: SamplingResult = Object.freeze({ decision: SamplingDecision.NOT_RECORD })
const KEPT_AS_IT_IS: SamplingResult = Object.freeze({ decision: SamplingDecision.RECORD_AND_SAMPLED })

/**
 * The trace state that the new span inherits. A parent whose trace id is another one is not valid, or not wanted: the
 * span starts a trace of its own.
 */
export function inheritedState(context: Context, traceId: string): TraceState | undefined {
  return stateOf(trace.getSpanContext(context), traceId)
}

export function stateOf(parent: SpanContext | undefined, traceId: string): TraceState | undefined {
  return parent?.traceId === traceId ? parent.traceState : undefined
}

/** The parent that the new span has, if it has a valid one. */
export function parentOf(context: Context): SpanContext | undefined {
  const parent = trace.getSpanContext(context)
  return parent !== undefined && isValidSpanContext(parent) ? parent : undefined
}

/** A dropped span has no threshold. The SDK keeps the parent's trace state unless it is handed another. */
export function dropped(inherited: TraceState | undefined): SamplingResult {
  if (inherited === undefined) return DROPPED
  const traceState = withoutThreshold(inherited)
  return traceState === inherited ? DROPPED : { decision: SamplingDecision.NOT_RECORD, traceState }
}

/** Kept, with an unknown weight: without a threshold, so that no wrong one is read. */
export function keptUncounted(inherited: TraceState | undefined): SamplingResult {
  if (inherited === undefined) return KEPT_AS_IT_IS
  const traceState = withoutThreshold(inherited)
  return traceState === inherited ? KEPT_AS_IT_IS : { decision: SamplingDecision.RECORD_AND_SAMPLED, traceState }
}

/**
 * What the parent decided. Its threshold is inherited if the decision agrees with it, and else erased: specification,
 * "ParentBased". A trace that the tail holds is followed there: its children are recorded before it is decided.
 */
export function followParent(parent: SpanContext, traceId: string): SamplingResult {
  if (parent.isRemote !== true && tailStateOf(traceId) !== undefined) return followLocalParent(parent)
  const state = parent.traceState
  if ((parent.traceFlags & TraceFlags.SAMPLED) === 0) return dropped(state)
  if (state === undefined) return KEPT_AS_IT_IS
  const threshold = thresholdIn(state)
  if (threshold !== undefined && isKept(traceId, threshold, rvIn(state))) return KEPT_AS_IT_IS
  return keptUncounted(state)
}

/** Keeps spans at one threshold. The result for a root span is made once. */
export class ThresholdDecision {
  readonly threshold: string
  readonly probability: number
  readonly #rootState: TraceState
  readonly #rootResult: SamplingResult

  constructor(threshold: string) {
    this.threshold = threshold
    this.probability = probabilityOf(threshold)
    this.#rootState = withThreshold(undefined, threshold)
    this.#rootResult = Object.freeze({
      decision: SamplingDecision.RECORD_AND_SAMPLED,
      traceState: this.#rootState,
    })
  }

  result(inherited: TraceState | undefined, attributes?: Attributes): SamplingResult {
    if (inherited === undefined && attributes === undefined) return this.#rootResult
    const traceState = inherited === undefined ? this.#rootState : withThreshold(inherited, this.threshold)
    return attributes === undefined
      ? { decision: SamplingDecision.RECORD_AND_SAMPLED, traceState }
      : { decision: SamplingDecision.RECORD_AND_SAMPLED, traceState, attributes }
  }

  /** Keeps the trace or drops it, by its randomness alone. */
  decide(traceId: string, inherited: TraceState | undefined, attributes?: Attributes): SamplingResult {
    return this.keeps(traceId, inherited) ? this.result(inherited, attributes) : dropped(inherited)
  }

  keeps(traceId: string, inherited: TraceState | undefined): boolean {
    if (isKept(traceId, this.threshold, inherited === undefined ? undefined : rvIn(inherited))) return true
    // The trace state of a dropped trace has no T; `explain` shows this one.
    rootDecisionFor(traceId).threshold = this.threshold
    return false
  }
}

/** Steps a halving. An adaptive probability is rounded to 2^(-k/32), at most 1.1 % off, so that thresholds are reused. */
const STEPS = 32
const LOWEST = 56 * STEPS

const grid: (ThresholdDecision | undefined)[] = []

/** The threshold on the grid nearest to a probability; 1 and above keep everything. The grid is bounded: 1,793 points. */
export function nearestThreshold(probability: number): ThresholdDecision {
  if (probability >= 1) return pointAt(0)
  return pointAt(Math.min(LOWEST, Math.round(-STEPS * Math.log2(probability))))
}

function pointAt(step: number): ThresholdDecision {
  return (grid[step] ??= new ThresholdDecision(encodeThreshold(2 ** (-step / STEPS))))
}

/**
 * How many spans this one stands for: 1 / the probability by which it was kept, so that the sum over what was exported
 * estimates the true count. 0 for a span that is not sampled; 1 for a sampled one that does not say, as collectors count
 * it. For a live span and for a finished one alike.
 */
export function adjustedCount(span: { spanContext(): SpanContext }): number {
  const { traceFlags, traceState } = span.spanContext()
  if ((traceFlags & TraceFlags.SAMPLED) === 0) return 0
  const threshold = thresholdIn(traceState)
  return threshold === undefined ? 1 : adjustedCountOf(threshold)
}
