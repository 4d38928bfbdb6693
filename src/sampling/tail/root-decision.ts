import { processWide } from '../../internal/runtime/process-wide.js'
import type { TailPolicy } from './pending-trace.js'

/**
 * What the samplers of a local root have to say beyond their result. A tracer starts the span in the same synchronous
 * call in which it asked the sampler, so one slot is enough to bring it to the span processor and to the decision log.
 */
export interface RootDecision {
  traceId: string
  /** The rule that matched. */
  rule: string | undefined
  /** What the rule says of slow traces. */
  slowMillis: number | undefined
  /** The part that decided, where it is not the whole sampler. */
  sampler: string | undefined
  /** T, also where the trace was dropped and the trace state is silent about it. */
  threshold: string | undefined
  /** Asks the tail to decide. */
  policy: TailPolicy | undefined
}

const nothing = (traceId: string): RootDecision => ({
  traceId,
  rule: undefined,
  slowMillis: undefined,
  sampler: undefined,
  threshold: undefined,
  policy: undefined,
})

const slot = processWide('root-decision', () => ({ current: nothing('') }))

/** What is noted about the local root that is being sampled now, to be written to. */
export function rootDecisionFor(traceId: string): RootDecision {
  return readRootDecision(traceId) ?? clearRootDecision(traceId)
}

/** Nothing noted: what a trace's earlier local root left must not count for the next. */
export function clearRootDecision(traceId: string): RootDecision {
  return (slot.current = nothing(traceId))
}

/** What was noted for the local root that starts now. */
export function readRootDecision(traceId: string): RootDecision | undefined {
  return slot.current.traceId === traceId ? slot.current : undefined
}
