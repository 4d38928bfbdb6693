import type { TextMapPropagator } from '@opentelemetry/api'
import { SamplingDecision, type Sampler, type SpanProcessor, type SamplingResult } from '@opentelemetry/sdk-trace'
import { checkPart } from '../../internal/checks/validate.js'
import { closeSampler } from '../decision/close.js'
import { DecisionLog, type SamplingDecisionRecord } from './decision-log.js'
import { forcedSampler, forcePropagator, type ForceOptions } from './force.js'
import { noSamplingCounts, type SamplingCounts } from '../tail/tail-decisions.js'
import { SwitchableSampler } from './switchable.js'
import { TailSpanProcessor } from '../tail/tail-processor.js'
import type { SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { readRootDecision } from '../tail/root-decision.js'

/** All of sampling that a running SDK has: the sampler that can be exchanged, the tail behind it, and their memory. */
export class SamplingPipeline {
  readonly sampler: Sampler
  /** Reads the header that asks for a trace by hand; undefined where there is none. */
  readonly propagator: TextMapPropagator | undefined
  /** Of the spans that have gone through both. */
  readonly counts: SamplingCounts = noSamplingCounts()
  readonly #log = new DecisionLog()
  readonly #isForcible: boolean
  readonly #switchable: SwitchableSampler
  #current: Sampler

  /** @param recordsAll whether spans that the sampler leaves out are recorded too, for what counts them. */
  constructor(initial: Sampler, force: ForceOptions | undefined, recordsAll = false) {
    this.#isForcible = force !== undefined
    this.#current = initial
    this.#switchable = new SwitchableSampler(this.#withForce(initial), this.#log, this.counts)
    this.sampler = recordsAll ? recordAll(this.#switchable, this.counts) : this.#switchable
    this.propagator = force && forcePropagator(force)
  }

  /** One processor in front of all that send. Always there: a later sampler may hold traces back. */
  wrap(processors: readonly SpanProcessor[]): TailSpanProcessor {
    return new TailSpanProcessor(processors, { onDecided: this.#log.onDecided, counts: this.counts })
  }

  /** @throws TracingConfigError when it is no sampler */
  setSampler(next: Sampler): void {
    checkPart('sampler', next, 'a Sampler', ['shouldSample'])
    if (next === this.#current) return
    closeSampler(this.#current, next)
    this.#current = next
    this.#switchable.set(this.#withForce(next))
  }

  explain(traceId: string): SamplingDecisionRecord | undefined {
    return this.#log.explain(traceId)
  }

  /** Ends what the sampler does by itself, such as watching a file. */
  close(): void {
    closeSampler(this.#current)
  }

  #withForce(sampler: Sampler): Sampler {
    return this.#isForcible ? forcedSampler(sampler) : sampler
  }
}

const RECORDED: SamplingResult = Object.freeze({ decision: SamplingDecision.RECORD })

/**
 * Has every span recorded, also those that the sampler leaves out: they end as spans that are not sampled, so that what
 * counts spans sees them all, and nothing is sent that was not sent before. Costs as much as recording does.
 *
 * Wraps the pipeline's sampler, which has logged its decision by then: `explain` shows what the sampler
 * said.
 */
export function recordAll(sampler: Sampler, counts: SamplingCounts): Sampler {
  return {
    shouldSample(...parameters: SamplingParameters): SamplingResult {
      const result = sampler.shouldSample(...parameters)
      if (result.decision !== SamplingDecision.NOT_RECORD) return result
      // It was counted as left out; now it starts and ends, and the tail will count it as sampled out.
      counts.notRecorded -= 1
      // The tail would hold back what begins here, only to drop it.
      const note = readRootDecision(parameters[1])
      if (note) note.policy = undefined
      return result.traceState === undefined ? RECORDED : { ...result, decision: SamplingDecision.RECORD }
    },
    toString: () => sampler.toString(),
  }
}
