import type { SpanContext } from '@opentelemetry/api'
import { SamplingDecision, type Sampler, type SamplingResult, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { warnOfError } from '../../internal/diagnostics/diagnostics.js'
import {
  checkKeys,
  checkNumber,
  checkPlainObject,
  checkString,
  wrongType,
  checkFunction,
} from '../../internal/checks/validate.js'
import { alwaysOn } from '../samplers/always.js'
import type { SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { HoldingSampler } from '../decision/close.js'
import { rootDecisionFor } from '../tail/root-decision.js'
import { followLocalParent } from '../tail/registry.js'
import { checkSamplerOptions, requireSampler } from '../decision/options.js'
import { parentOf } from '../decision/threshold-decision.js'
import { asksLocalChildren, compileConditions, CONDITION_NAMES, hold, parentBitOf } from './rule-conditions.js'
import type { CompiledConditions, RuleConditions, SpanSample } from './rule-conditions.js'
import { TailSpanProcessor } from '../tail/tail-processor.js'

/** One rule of {@link ruleBasedSampler}: for which spans, and what decides about them. */
export interface SamplingRule extends RuleConditions {
  /** How `tracing.explain` and warnings call it. Default: its place, `rule 1`. */
  label?: string
  /** For what the other conditions can't say. Called synchronously for each local root that they let through. */
  matches?: (sample: SpanSample) => boolean
  /** Decides where the rule matches; any sampler. */
  sampler: Sampler
  /** Under an {@link errorBiasedSampler}: what counts as slow here, in milliseconds. Default: the sampler's own. */
  slowMillis?: number
}

/** Options of {@link ruleBasedSampler}. */
export interface RuleBasedOptions {
  /** Decides where no rule matches, or one throws. Default: everything is kept. */
  fallback?: Sampler
}

/** A sampler whose leaves may be error-biased. */
export interface RuleBasedSampler extends Sampler {
  /** What an error-biased leaf needs in a plain NodeSDK; see {@link ErrorBiasedSampler}. */
  spanProcessor(...next: SpanProcessor[]): SpanProcessor
}

/**
 * The first rule that matches decides, by its own sampler. Rules are about local roots; children follow their root, unless
 * a rule asks for `parent: 'local'`. A remote parent's decision is followed only with {@link parentBased} around this.
 *
 * Not for what is known at the end alone (the status, the duration, `http.route`): see {@link errorBiasedSampler}.
 *
 * @throws TracingConfigError for a wrong rule: `rules[2].kind must be one of …`.
 */
export function ruleBasedSampler(rules: readonly SamplingRule[], options: RuleBasedOptions = {}): RuleBasedSampler {
  checkSamplerOptions(options, ['fallback'])
  if (options.fallback !== undefined) requireSampler('fallback', options.fallback)
  return new RuleBased(compileRules(rules), options.fallback ?? alwaysOn())
}

export interface CompiledRule {
  readonly label: string
  readonly conditions: CompiledConditions
  readonly matches: ((sample: SpanSample) => boolean) | undefined
  readonly sampler: Sampler
  readonly slowMillis: number | undefined
}

export function compileRules(rules: readonly SamplingRule[]): readonly CompiledRule[] {
  if (!Array.isArray(rules)) throw wrongType('rules', 'an array', rules)
  return rules.map(compileRule)
}

function compileRule(rule: SamplingRule, index: number): CompiledRule {
  const option = `rules[${index}]`
  if (typeof rule !== 'object') throw wrongType(option, 'an object', rule)
  checkPlainObject(option, rule)
  checkKeys(`${option}.`, rule, [...CONDITION_NAMES, 'label', 'matches', 'sampler', 'slowMillis'])
  checkString(`${option}.label`, rule.label)
  requireSampler(`${option}.sampler`, rule.sampler)
  checkNumber(`${option}.slowMillis`, rule.slowMillis, { min: 0 })
  checkFunction(`${option}.matches`, rule.matches)
  const { matches, label = `rule ${index + 1}`, sampler, slowMillis } = rule
  return { label, conditions: compileConditions(option, rule), matches, sampler, slowMillis }
}

class RuleBased extends HoldingSampler implements RuleBasedSampler {
  readonly #rules: readonly CompiledRule[]
  readonly #fallback: Sampler
  readonly #asksLocalChildren: boolean

  constructor(rules: readonly CompiledRule[], fallback: Sampler) {
    super(...rules.map(({ sampler }) => sampler), fallback)
    this.#rules = rules
    this.#fallback = fallback
    this.#asksLocalChildren = rules.some(({ conditions }) => asksLocalChildren(conditions))
  }

  shouldSample(...parameters: SamplingParameters): SamplingResult {
    const [context, traceId, name, kind, attributes] = parameters
    const parent = parentOf(context)
    const isLocalChild = parent !== undefined && !parent.isRemote
    if (isLocalChild && !this.#asksLocalChildren) return followLocalParent(parent)
    const rule = this.#firstMatch({ name, kind, attributes, parent })
    if (isLocalChild) return rule ? this.#ask(rule, parameters, parent) : followLocalParent(parent)
    if (!rule) return this.#askFallback(parameters, parent)
    const note = rootDecisionFor(traceId)
    note.rule = rule.label
    note.slowMillis = rule.slowMillis
    return this.#ask(rule, parameters, parent)
  }

  spanProcessor(...next: SpanProcessor[]): SpanProcessor {
    return new TailSpanProcessor(next)
  }

  override toString(): string {
    const rules = this.#rules.map(({ label, sampler }) => `${label}: ${sampler.toString()}`)
    return `RuleBased{${[...rules, `else: ${this.#fallback.toString()}`].join(', ')}}`
  }

  /** A rule that throws says nothing about its span, and neither do those behind it that counted on it. */
  #firstMatch(sample: SpanSample): CompiledRule | undefined {
    const parentBit = parentBitOf(sample.parent)
    let asked: CompiledRule | undefined
    try {
      for (asked of this.#rules) {
        if (hold(asked.conditions, sample, parentBit) && asked.matches?.(sample) !== false) return asked
      }
    } catch (error) {
      const label = asked?.label ?? 'rules'
      warnOfError(`sampling ${label} threw, the fallback decides`, error)
    }
    return undefined
  }

  #ask(
    { label, sampler }: CompiledRule,
    parameters: SamplingParameters,
    parent: SpanContext | undefined,
  ): SamplingResult {
    try {
      return sampler.shouldSample(...parameters)
    } catch (error) {
      warnOfError(`the sampler of ${label} threw, the fallback decides`, error)
      return this.#askFallback(parameters, parent)
    }
  }

  #askFallback(parameters: SamplingParameters, parent: SpanContext | undefined): SamplingResult {
    try {
      return this.#fallback.shouldSample(...parameters)
    } catch (error) {
      warnOfError('the fallback of the sampling rules threw, its spans are dropped', error)
      return parent && !parent.isRemote ? followLocalParent(parent) : { decision: SamplingDecision.NOT_RECORD }
    }
  }
}
