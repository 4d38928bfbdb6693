import type { SamplerConfigModel } from '@opentelemetry/configuration'
import type { Sampler } from '@opentelemetry/sdk-trace'
import { alwaysOff, alwaysOn } from '../samplers/always.js'
import { compileGlob } from '../../internal/matching/glob.js'
import { parentBased } from '../samplers/parent-based.js'
import { probabilitySampler } from '../samplers/probability.js'
import type { SpanSample } from '../rules/rule-conditions.js'
import { ruleBasedSampler, type SamplingRule } from '../rules/rules.js'

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
