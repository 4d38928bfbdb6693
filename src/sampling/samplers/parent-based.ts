import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace'
import { HoldingSampler } from '../decision/close.js'
import { askSampler, type SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { isErrorBiased } from './error-biased.js'
import { requireSampler } from '../decision/options.js'
import { followParent, parentOf } from '../decision/threshold-decision.js'

/**
 * Spans with a parent, local or remote, follow it; the root sampler decides about the rest. The parent's threshold is
 * passed on if the parent was kept by it, and erased where it contradicts the sampled flag.
 *
 * Not for the edge of a system that strangers call: they would decide what is kept.
 *
 * @throws TracingConfigError when root is no sampler
 */
export function parentBased(root: Sampler): Sampler {
  requireSampler('root', root)
  // It follows its parents by itself, and must see errors beneath unsampled ones.
  return isErrorBiased(root) ? root : new ParentBased(root)
}

class ParentBased extends HoldingSampler implements Sampler {
  readonly #root: Sampler

  constructor(root: Sampler) {
    super(root)
    this.#root = root
  }

  shouldSample(...parameters: SamplingParameters): SamplingResult {
    const [context, traceId] = parameters
    const parent = parentOf(context)
    return parent === undefined ? askSampler(this.#root, parameters) : followParent(parent, traceId)
  }

  override toString(): string {
    return `ParentBased{${this.#root.toString()}}`
  }
}
