import type { SamplerConfigModel } from '@opentelemetry/configuration'
import { AlwaysOnSampler, ParentBasedSampler, type Sampler } from '@opentelemetry/sdk-trace'
import { compositeFromConfig } from './composite-config.js'
import { samplerFromName, type NamedOptions } from './registry.js'
import { parentBased } from '../samplers/parent-based.js'
import { remoteSampler } from '../remote/remote-sampler.js'

/** What a resource without a name is called. */
const UNNAMED = 'unknown_service'

/** The schema's names that are written differently here. */
const OTHER_NAMES: Readonly<Record<string, string>> = { trace_id_ratio_based: 'traceidratio' }

/**
 * The `sampler` of a declarative configuration: the schema's (`composite/development` too), and ours by their names with `/development`, options in
 * snake_case. Throws an Error for a sampler that does not exist here or an option that is wrong; undefined where the file
 * names none.
 *
 * @param serviceName of the resource; Jaeger's remote sampling asks by it
 */
export function samplerFromConfig(
  model: SamplerConfigModel | null | undefined,
  serviceName: string = UNNAMED,
): Sampler | undefined {
  if (!model) return undefined
  const [key = '', options] = Object.entries(model)[0] ?? []
  if (key === 'parent_based') return parentBasedFromConfig(model.parent_based ?? {}, serviceName)
  if (key === 'jaeger_remote/development') return jaegerRemote(model['jaeger_remote/development'], serviceName)
  if (key === 'composite/development') return compositeFromConfig(model['composite/development'] ?? {})
  const name = key.replace(/\/development$/, '')
  return samplerFromName(OTHER_NAMES[name] ?? name, inCamelCase((options ?? {}) as NamedOptions))
}

function jaegerRemote(model: SamplerConfigModel['jaeger_remote/development'], serviceName: string): Sampler {
  if (!model) throw new Error('jaeger_remote/development needs an endpoint')
  const initialSampler = samplerFromConfig(model.initial_sampler, serviceName)
  return remoteSampler({
    endpoint: model.endpoint,
    serviceName,
    ...(model.interval != null && { pollMillis: model.interval }),
    ...(initialSampler && { initialSampler }),
  })
}

function inCamelCase(options: NamedOptions): NamedOptions {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  )
}

function parentBasedFromConfig(model: NonNullable<SamplerConfigModel['parent_based']>, serviceName: string): Sampler {
  const root = samplerFromConfig(model.root, serviceName) ?? new AlwaysOnSampler()
  const delegates = {
    remoteParentSampled: samplerFromConfig(model.remote_parent_sampled, serviceName),
    remoteParentNotSampled: samplerFromConfig(model.remote_parent_not_sampled, serviceName),
    localParentSampled: samplerFromConfig(model.local_parent_sampled, serviceName),
    localParentNotSampled: samplerFromConfig(model.local_parent_not_sampled, serviceName),
  }
  const named = Object.entries(delegates).filter(([, sampler]) => sampler)
  // Only the stock one has a delegate for each kind of parent; ours follows the parent's threshold.
  return named.length > 0 ? new ParentBasedSampler({ root, ...Object.fromEntries(named) }) : parentBased(root)
}
