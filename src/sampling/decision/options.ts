import type { Sampler } from '@opentelemetry/sdk-trace'
import type { Clock } from '../../internal/runtime/clock.js'
import {
  TracingConfigError,
  checkKeys,
  checkNumber,
  checkPart,
  checkPlainObject,
  rangeInWords,
  type NumberRange,
} from '../../internal/checks/validate.js'

/** A number that has no default. */
export function requireNumber(option: string, value: unknown, range: NumberRange): void {
  if (value === undefined) {
    throw new TracingConfigError('ERR_OPTION_TYPE', { option, allowed: rangeInWords(range), received: value })
  }
  checkNumber(option, value, range)
}

export function requireSampler(option: string, value: Sampler): void {
  checkPart(option, value, 'a sampler', ['shouldSample'])
}

export function checkSamplerOptions(options: object, names: readonly string[]): void {
  checkPlainObject('options', options)
  checkKeys('', options, names)
}

export function checkBoolean(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return
  throw new TracingConfigError('ERR_OPTION_TYPE', { option, allowed: 'true or false', received: value })
}

export function checkClock(clock: Clock | undefined): void {
  if (clock !== undefined) checkPart('clock', clock, 'a clock', ['nowMillis'])
}
