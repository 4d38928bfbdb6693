import { TracingConfigError } from '../checks/validate.js'
import type { RedactOption } from './redact-rules.js'
import { checkRules, createRedaction, formatRules } from './redaction.js'
import type { Redaction } from './span-values.js'

/** Throws a TracingConfigError for the first rule that is wrong. What checks them is loaded for those who have some. */
export function checkRedact(option: string, given: unknown): void {
  try {
    checkRules(option, given)
  } catch (error) {
    // The file apart has a class of its own.
    const { code, option, allowed, received } = error as TracingConfigError
    throw new TracingConfigError(code, { option, allowed, received })
  }
}

/** For the doctor: without the keys of hashes. */
export function formatRedact(rules: readonly RedactOption[]): string {
  return formatRules(rules)
}

/** What is redacted beyond the defaults; undefined: nothing. */
export function redactionOf(rules: readonly RedactOption[]): Redaction | undefined {
  return rules.length === 0 ? undefined : createRedaction(rules)
}
