import { SamplingDecision, type Sampler, type SamplingResult } from '@opentelemetry/sdk-trace'
import { askSampler, type SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import type { DecisionLog } from './decision-log.js'
import { clearRootDecision } from '../tail/root-decision.js'
import { followLocalParent } from '../tail/registry.js'
import { parentOf } from '../decision/threshold-decision.js'
import { noSamplingCounts, type SamplingCounts } from '../tail/tail-decisions.js'

/** A sampler that can be exchanged while traces run. */
export class SwitchableSampler implements Sampler {
  #current: Sampler
  #hasSwitched = false
  readonly #log: DecisionLog
  readonly #counts: SamplingCounts

  /** @param log where decisions about local roots are written, and what they were is looked up after a change. */
  constructor(initial: Sampler, log: DecisionLog, counts: SamplingCounts = noSamplingCounts()) {
    this.#current = initial
    this.#log = log
    this.#counts = counts
  }

  /** Decides from the next local root on. Traces under way stay with the sampler that decided their root. */
  set(sampler: Sampler): void {
    this.#current = sampler
    this.#hasSwitched = true
  }

  shouldSample(...parameters: SamplingParameters): SamplingResult {
    const result = this.#decide(parameters)
    this.#counts.started += 1
    if (result.decision === SamplingDecision.NOT_RECORD) this.#counts.notRecorded += 1
    return result
  }

  #decide(parameters: SamplingParameters): SamplingResult {
    const [context, traceId] = parameters
    const parent = parentOf(context)
    if (parent && !parent.isRemote) {
      const sampler = this.#hasSwitched ? this.#log.samplerOf(traceId) : this.#current
      return sampler ? askSampler(sampler, parameters) : followLocalParent(parent)
    }
    const note = clearRootDecision(traceId)
    const result = askSampler(this.#current, parameters)
    this.#log.add(traceId, this.#current, result, parent, note)
    return result
  }

  toString(): string {
    return this.#current.toString()
  }
}
