import type { Sampler } from '@opentelemetry/sdk-trace'
import type { Clock } from '../../internal/runtime/clock.js'
import {
  checkKeys,
  checkNumber,
  checkPart,
  checkPlainObject,
  rangeInWords,
  wrongType,
  type NumberRange,
} from '../../internal/checks/validate.js'

/** A number that has no default. */
export function requireNumber(option: string, value: unknown, range: NumberRange): void {
  if (value === undefined) throw wrongType(option, rangeInWords(range), value)
  checkNumber(option, value, range)
}

export function requireSampler(option: string, value: Sampler): void {
  checkPart(option, value, 'a sampler', ['shouldSample'])
}

export function checkSamplerOptions(options: object, names: readonly string[]): void {
  checkPlainObject('options', options)
  checkKeys('', options, names)
}

export function checkClock(clock: Clock | undefined): void {
  if (clock !== undefined) checkPart('clock', clock, 'a clock', ['nowMillis'])
}
