import { types } from 'node:util'
import { isObject } from './safe-get.js'

/**
 * Stable codes of {@link TracingConfigError}; they do not change within a major version.
 *
 * - `ERR_OPTION_TYPE`: the value has the wrong type.
 * - `ERR_OPTION_RANGE`: the type is right, the value lies outside what is allowed.
 * - `ERR_OPTION_UNKNOWN`: no option has this name.
 * - `ERR_OPTION_PATTERN`: there are texts for which the regular expression takes very long.
 */
export type TracingConfigErrorCode =
  'ERR_OPTION_TYPE' | 'ERR_OPTION_RANGE' | 'ERR_OPTION_UNKNOWN' | 'ERR_OPTION_PATTERN'

/** What was wrong with an option: its name, what is allowed, and what was given. */
export interface TracingConfigProblem {
  readonly option: string
  readonly allowed: string
  readonly received: unknown
}

/**
 * A wrong option in code. Thrown when tracing starts or a part is constructed, never afterwards.
 *
 * The message names the option, what is allowed and what was given:
 * `shutdownTimeoutMillis must be a number of at least 0, got -1`.
 */
export class TracingConfigError extends Error {
  override readonly name = 'TracingConfigError'
  readonly code: TracingConfigErrorCode
  readonly option: string
  readonly allowed: string
  readonly received: unknown

  constructor(code: TracingConfigErrorCode, { option, allowed, received }: TracingConfigProblem) {
    super(`${option} must be ${allowed}, got ${shown(received)}`)
    this.code = code
    this.option = option
    this.allowed = allowed
    this.received = received
  }
}

/** For `throw wrongType(…)`: `option must be <allowed>, got <received>`. */
export const wrongType = (option: string, allowed: string, received: unknown): TracingConfigError =>
  new TracingConfigError('ERR_OPTION_TYPE', { option, allowed, received })

export const outOfRange = (option: string, allowed: string, received: unknown): TracingConfigError =>
  new TracingConfigError('ERR_OPTION_RANGE', { option, allowed, received })

export const unknownOption = (option: string, allowed: string, received: unknown): TracingConfigError =>
  new TracingConfigError('ERR_OPTION_UNKNOWN', { option, allowed, received })

const LONGEST_SHOWN = 100

/** A value as a reader would write it, cut short so that a wrong blob does not fill the terminal. */
function shown(value: unknown): string {
  let text: string
  if (typeof value === 'string') text = JSON.stringify(value)
  else if (typeof value === 'function') text = `function ${value.name || '(anonymous)'}`
  else if (types.isRegExp(value)) text = String(value)
  else if (Array.isArray(value)) text = `[${value.map(shown).join(', ')}]`
  else if (typeof value === 'object' && value !== null) {
    const { constructor } = value as { constructor?: { name?: string } }
    text = `${constructor?.name ?? 'Object'} {${Object.keys(value).join(', ')}}`
  } else text = String(value)
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text
}

/** What a number option allows. Bounds are inclusive; NaN is never allowed. */
export interface NumberRange {
  readonly min: number
  readonly max?: number
  readonly integer?: boolean
}

/** Whether the value lies in the range. The valid range is stated, so that NaN falls out. */
export function isInRange(value: number, { min, max = Number.MAX_VALUE, integer = false }: NumberRange): boolean {
  return value >= min && value <= max && (!integer || Number.isSafeInteger(value))
}

/** The range in words, for messages: "an integer from 1 to 10", "a number of at least 0". */
export function rangeInWords({ min, max, integer = false }: NumberRange): string {
  const kind = integer ? 'an integer' : 'a number'
  return max === undefined ? `${kind} of at least ${min}` : `${kind} from ${min} to ${max}`
}

export function checkNumber(option: string, value: unknown, range: NumberRange): void {
  if (value === undefined) return
  if (typeof value !== 'number') throw wrongType(option, rangeInWords(range), value)
  if (!isInRange(value, range)) throw outOfRange(option, rangeInWords(range), value)
}

export function checkBoolean(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(option, 'true or false', value)
}

export function checkString(option: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && value.trim() !== '')) return
  throw (typeof value === 'string' ? outOfRange : wrongType)(option, 'a string that is not empty', value)
}

export function checkFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw wrongType(option, 'a function', value)
}

export function checkPlainObject(option: string, value: unknown): void {
  if (value === undefined || (isObject(value) && !Array.isArray(value))) return
  throw wrongType(option, 'an object', value)
}

export function checkArray(option: string, value: unknown): void {
  if (value !== undefined && !Array.isArray(value)) throw wrongType(option, 'an array', value)
}

/** Checks each entry of a list, if there is one, by its own name: `option[0]`. */
export function checkEach(option: string, list: unknown, check: (entry: unknown, option: string) => void): void {
  checkArray(option, list)
  for (const [index, entry] of ((list ?? []) as readonly unknown[]).entries()) check(entry, `${option}[${index}]`)
}

/** A part that the user hands in must have these methods; `part` says what it is, in words. */
export function checkPart(option: string, value: unknown, part: string, methods: readonly string[]): void {
  const has = (method: string): boolean => typeof (value as Record<string, unknown>)[method] === 'function'
  if (!isObject(value) || !methods.every(has))
    throw wrongType(option, `${part} (an object with ${methods.join(', ')})`, value)
}

/** Several of them, or of the names that stand for one. */
export function checkParts(
  option: string,
  parts: readonly unknown[] | undefined,
  names: readonly string[],
  part: string,
  methods: readonly string[],
): void {
  const allowed = names.length === 0 ? part : `${part} or one of ${names.join(', ')}`
  checkEach(option, parts, (given, own) => {
    if (typeof given === 'string' && names.length > 0) checkOneOf(own, given, names)
    else checkPart(own, given, allowed, methods)
  })
}

export function checkOneOf(option: string, value: string, names: readonly string[]): void {
  if (!names.includes(value)) throw outOfRange(option, `one of ${names.join(', ')}`, value)
}

/** A misspelt option would silently do nothing, so every unknown key is an error. */
export function checkKeys(prefix: string, value: object | undefined, names: readonly string[]): void {
  for (const key of Object.keys(value ?? {})) {
    if (names.includes(key)) continue
    throw unknownOption(`${prefix}${key}`, `one of ${names.map((name) => prefix + name).join(', ')}`, key)
  }
}
