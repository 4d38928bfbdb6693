import type { TextMapPropagator } from '@opentelemetry/api'
import { SamplingDecision, type Sampler, type SpanProcessor, type SamplingResult } from '@opentelemetry/sdk-trace'
import { checkPart } from '../../internal/checks/validate.js'
import { closeSampler } from '../decision/close.js'
import { DecisionLog, type SamplingDecisionRecord } from './decision-log.js'
import { forcedSampler, forcePropagator, type ForceOptions } from './force.js'
import { noSamplingCounts, type SamplingCounts } from '../tail/tail-decisions.js'
import { switchableSampler } from './switchable.js'
import { tailSpanProcessor, type TailSpanProcessor } from '../tail/tail-processor.js'
import type { SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { readRootDecision } from '../tail/root-decision.js'

/** All of sampling that a running SDK has: the sampler that can be exchanged, the tail behind it, and their memory. */
export interface SamplingPipeline {
  readonly sampler: Sampler
  /** Reads the header that asks for a trace by hand; undefined where there is none. */
  readonly propagator: TextMapPropagator | undefined
  /** One processor in front of all that send. */
  wrap(processors: readonly SpanProcessor[]): TailSpanProcessor
  /** @throws TracingConfigError when it is no sampler */
  setSampler(sampler: Sampler): void
  explain(traceId: string): SamplingDecisionRecord | undefined
  /** Of the spans that have gone through both. */
  readonly counts: Readonly<SamplingCounts>
  /** Ends what the sampler does by itself, such as watching a file. */
  close(): void
}

/** @param recordsAll whether spans that the sampler leaves out are recorded too, for what counts them. */
export function samplingPipeline(
  initial: Sampler,
  force: ForceOptions | undefined,
  recordsAll = false,
): SamplingPipeline {
  const log = new DecisionLog()
  const steered = (sampler: Sampler): Sampler => (force ? forcedSampler(sampler) : sampler)
  const counts = noSamplingCounts()
  const sampler = switchableSampler(steered(initial), log, counts)
  let current = initial
  return {
    sampler: recordsAll ? recordAll(sampler, counts) : sampler,
    propagator: force && forcePropagator(force),
    // Always there: a later sampler may hold traces back.
    wrap: (processors) => tailSpanProcessor(processors, { onDecided: log.onDecided, counts }),
    setSampler(next) {
      checkPart('sampler', next, 'a Sampler', ['shouldSample'])
      if (next === current) return
      closeSampler(current, next)
      current = next
      sampler.set(steered(next))
    },
    explain: (traceId) => log.explain(traceId),
    counts,
    close: () => closeSampler(current),
  }
}

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
