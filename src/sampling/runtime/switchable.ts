import { SamplingDecision, type Sampler, type SamplingResult } from '@opentelemetry/sdk-trace'
import { askSampler, type SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import type { DecisionLog } from './decision-log.js'
import { clearRootDecision } from '../tail/root-decision.js'
import { followLocalParent } from '../tail/registry.js'
import { parentOf } from '../decision/threshold-decision.js'
import { noSamplingCounts, type SamplingCounts } from '../tail/tail-decisions.js'

/** A sampler that can be exchanged while traces run. */
export interface SwitchableSampler extends Sampler {
  /** Decides from the next local root on. Traces under way stay with the sampler that decided their root. */
  set(sampler: Sampler): void
}

/** @param log where decisions about local roots are written, and what they were is looked up after a change. */
export function switchableSampler(
  initial: Sampler,
  log: DecisionLog,
  counts: SamplingCounts = noSamplingCounts(),
): SwitchableSampler {
  return new Switchable(initial, log, counts)
}

class Switchable implements SwitchableSampler {
  #current: Sampler
  #hasSwitched = false
  readonly #log: DecisionLog
  readonly #counts: SamplingCounts

  constructor(initial: Sampler, log: DecisionLog, counts: SamplingCounts) {
    this.#current = initial
    this.#log = log
    this.#counts = counts
  }

  set(sampler: Sampler): void {
    this.#current = sampler
    this.#hasSwitched = true
  }

  shouldSample(...question: SamplingParameters): SamplingResult {
    const result = this.#decide(question)
    this.#counts.started += 1
    if (result.decision === SamplingDecision.NOT_RECORD) this.#counts.notRecorded += 1
    return result
  }

  #decide(question: SamplingParameters): SamplingResult {
    const [context, traceId] = question
    const parent = parentOf(context)
    if (parent && !parent.isRemote) {
      const sampler = this.#hasSwitched ? this.#log.samplerOf(traceId) : this.#current
      return sampler ? askSampler(sampler, question) : followLocalParent(parent)
    }
    const note = clearRootDecision(traceId)
    const result = askSampler(this.#current, question)
    this.#log.add(traceId, this.#current, result, parent, note)
    return result
  }

  toString(): string {
    return this.#current.toString()
  }
}
