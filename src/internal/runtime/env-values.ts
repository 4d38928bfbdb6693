import { warnOnce } from '../diagnostics/diagnostics.js'
import { readEnv } from './env.js'
import { isInRange, rangeInWords, type NumberRange } from '../checks/validate.js'

/** A number from the environment; a wrong one is told once and counts as unset. */
export function readEnvNumber(name: string, range: NumberRange): number | undefined {
  const text = readEnv(name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (isInRange(value, range)) return value
  warnOfEnvValue(name, rangeInWords(range), 'the default is used')
  return undefined
}

export function warnOfEnvValue(name: string, allowed: string, instead: string): void {
  warnOnce(`${name} ${instead}`, `${name} must be ${allowed}, got "${readEnv(name)}"; ${instead}`)
}
