import { samplerFromName } from './registry.js'
import { ruleFileSampler, type RuleFileOptions, type RuleFileSampler } from '../rules/rule-file.js'

/** Options of {@link watchedRuleSampler}. */
export type WatchedRuleOptions = Omit<RuleFileOptions, 'samplerFromName'>

/**
 * {@link ruleBasedSampler} with its rules in a JSON file that is watched, and in which samplers have the names of
 * OTEL_TRACES_SAMPLER. A wrong file is told, and the last good rules stay. `close()` ends the watching; a running
 * `startTracing` does so at its shutdown.
 *
 * @throws TracingConfigError for a wrong option, or when the file can't be used at the start.
 */
export function watchedRuleSampler(options: WatchedRuleOptions): RuleFileSampler {
  return ruleFileSampler({ ...options, samplerFromName })
}
