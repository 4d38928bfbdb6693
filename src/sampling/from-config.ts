import type { SamplerConfigModel } from '@opentelemetry/configuration'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace'

/**
 * The `sampler` of a declarative configuration. Throws an Error for a sampler that does not exist here; undefined where the
 * file names none.
 */
export function samplerFromConfig(model: SamplerConfigModel | null | undefined): Sampler | undefined {
  if (!model) return undefined
  const [name] = Object.keys(model)
  switch (name) {
    case 'always_off':
      return new AlwaysOffSampler()
    case 'always_on':
      return new AlwaysOnSampler()
    case 'trace_id_ratio_based':
      return new TraceIdRatioBasedSampler(model.trace_id_ratio_based?.ratio ?? 1)
    case 'parent_based':
      return parentBased(model.parent_based ?? {})
    default:
      throw new Error(`there is no sampler "${name}"`)
  }
}

function parentBased(model: NonNullable<SamplerConfigModel['parent_based']>): Sampler {
  const delegates = {
    remoteParentSampled: samplerFromConfig(model.remote_parent_sampled),
    remoteParentNotSampled: samplerFromConfig(model.remote_parent_not_sampled),
    localParentSampled: samplerFromConfig(model.local_parent_sampled),
    localParentNotSampled: samplerFromConfig(model.local_parent_not_sampled),
  }
  const named = Object.fromEntries(Object.entries(delegates).filter(([, sampler]) => sampler))
  return new ParentBasedSampler({ root: samplerFromConfig(model.root) ?? new AlwaysOnSampler(), ...named })
}
