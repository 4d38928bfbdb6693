import type { SamplerConfigModel } from '@opentelemetry/configuration'
import { AlwaysOnSampler, ParentBasedSampler, type Sampler } from '@opentelemetry/sdk-trace'
import { samplerFromName, type NamedOptions } from './registry.js'
import { parentBased } from '../samplers/parent-based.js'
import { remoteSampler } from '../remote/remote-sampler.js'
import { alwaysOff, alwaysOn } from '../samplers/always.js'
import { compileGlob } from '../../internal/matching/glob.js'
import { probabilitySampler } from '../samplers/probability.js'
import type { SpanSample } from '../rules/rule-conditions.js'
import { ruleBasedSampler, type SamplingRule } from '../rules/rules.js'

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

type CompositeModel = NonNullable<SamplerConfigModel['composite/development']>
type RuleModel = NonNullable<NonNullable<CompositeModel['rule_based']>['rules']>[number]
type Predicate = (sample: SpanSample) => boolean

/**
 * `composite/development` of a declarative configuration: the specification's composable samplers, with its syntax for
 * rules. Where no rule matches, the span is dropped, as the schema says. Throws an Error for what does not exist here.
 */
export function compositeFromConfig(model: CompositeModel): Sampler {
  const [name] = Object.keys(model)
  switch (name) {
    case 'always_on':
      return alwaysOn()
    case 'always_off':
      return alwaysOff()
    case 'probability':
      return probabilitySampler(model.probability?.ratio ?? 1)
    case 'parent_threshold':
      return parentBased(model.parent_threshold ? compositeFromConfig(model.parent_threshold.root) : alwaysOn())
    case 'rule_based':
      return ruleBasedSampler((model.rule_based?.rules ?? []).map(ruleFromConfig), { fallback: alwaysOff() })
    default:
      throw new Error(`there is no composable sampler "${name}"`)
  }
}

function ruleFromConfig(rule: RuleModel): SamplingRule {
  const predicates = [valuePredicate(rule), patternPredicate(rule)].filter((one) => one !== undefined)
  return {
    // The schema's rules are asked about every span; ours about local roots unless they say so.
    parent: rule.parent?.filter((kind) => kind !== null) ?? ['none', 'remote', 'local'],
    ...(rule.span_kinds && { kind: rule.span_kinds.filter((kind) => kind !== null) }),
    ...(predicates.length > 0 && { matches: (sample) => predicates.every((holds) => holds(sample)) }),
    sampler: compositeFromConfig(rule.sampler),
  }
}

function valuePredicate({ attribute_values: wanted }: RuleModel): Predicate | undefined {
  if (!wanted) return undefined
  const values = new Set(wanted.values)
  return attributePredicate(wanted.key, (text) => values.has(text))
}

function patternPredicate({ attribute_patterns: wanted }: RuleModel): Predicate | undefined {
  if (!wanted) return undefined
  const included = wanted.included?.map(compileGlob)
  const excluded = wanted.excluded?.map(compileGlob) ?? []
  return attributePredicate(
    wanted.key,
    (text) => (included?.some((fits) => fits(text)) ?? true) && !excluded.some((fits) => fits(text)),
  )
}

/** Schema: values that are not texts are matched by their string representation, arrays by any item. */
function attributePredicate(key: string, fits: (text: string) => boolean): Predicate {
  return ({ attributes }) => [attributes[key]].flat().some((item) => isScalar(item) && fits(String(item)))
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
