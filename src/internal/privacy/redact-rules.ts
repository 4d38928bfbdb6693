import { types } from 'node:util'
import {
  checkEach,
  checkKeys,
  checkOneOf,
  checkString,
  outOfRange,
  TracingConfigError,
  wrongType,
} from '../checks/validate.js'
import { isObject } from '../checks/safe-get.js'
import { canExplode } from './pattern-check.js'

/** What is kept out of all that is sent. A rule without `attributes` is for all of them, and for all other texts. */
export interface RedactRule {
  /** Names of attributes, in which `*` stands for any run of characters, such as `user.*`. */
  attributes?: string | readonly string[]
  /** What of their texts is concerned, wherever it stands. Default: the whole value. */
  pattern?: RegExp
  /**
   * `'replace'` puts {@link RedactRule.replacement} there, `'hash'` the first 16 hexadecimal digits of the SHA-256, the same for
   * the same text, `'remove'` nothing. Default `'replace'`.
   */
  action?: 'replace' | 'hash' | 'remove'
  /** Default `'REDACTED'`. */
  replacement?: string
  /** For `'hash'`: the key of an HMAC. Without one, a hash can be recognised by guessing its text. */
  hashKey?: string
}

/** A name of attributes, as in `attributes`; a pattern, as in `pattern`; or both of them, and what becomes of it. */
export type RedactOption = string | RegExp | RedactRule

const KEYS: readonly (keyof RedactRule)[] = ['attributes', 'pattern', 'action', 'replacement', 'hashKey']
const ACTIONS = ['replace', 'hash', 'remove']

/** For the doctor: without the keys of hashes. */
export function formatRules(rules: readonly RedactOption[]): string {
  return rules
    .map((rule) => {
      if (typeof rule === 'string' || types.isRegExp(rule)) return String(rule)
      const { attributes = [], pattern } = rule
      return [...[attributes].flat(), ...(pattern ? [String(pattern)] : [])].join(' ')
    })
    .join(', ')
}

/** Throws a TracingConfigError for the first rule that is wrong. */
export function checkRules(option: string, given: unknown): void {
  checkEach(option, given, (rule, own) => {
    if (typeof rule === 'string') checkString(own, rule)
    else if (types.isRegExp(rule)) checkPattern(own, rule)
    else if (isObject(rule) && !Array.isArray(rule)) checkRule(own, rule)
    else throw wrongType(own, 'the name of an attribute, a regular expression or an object', rule)
  })
}

function checkRule(option: string, rule: RedactRule): void {
  checkKeys(`${option}.`, rule, KEYS)
  const { attributes, pattern, action, replacement, hashKey } = rule
  if (attributes === undefined && pattern === undefined) {
    throw outOfRange(option, 'an object with attributes, a pattern or both', rule)
  }
  if (Array.isArray(attributes)) checkEach(`${option}.attributes`, attributes, (name, own) => checkName(own, name))
  else if (attributes !== undefined) checkName(`${option}.attributes`, attributes)
  if (pattern !== undefined) checkPattern(`${option}.pattern`, pattern)
  if (action !== undefined) checkOneOf(`${option}.action`, action, ACTIONS)
  if (replacement !== undefined && typeof replacement !== 'string') {
    throw wrongType(`${option}.replacement`, 'a string', replacement)
  }
  checkString(`${option}.hashKey`, hashKey)
}

function checkName(option: string, name: unknown): void {
  if (typeof name !== 'string') throw wrongType(option, 'the name of an attribute', name)
  checkString(option, name)
}

function checkPattern(option: string, pattern: unknown): void {
  if (!types.isRegExp(pattern)) throw wrongType(option, 'a regular expression', pattern)
  if (new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test('')) {
    throw outOfRange(option, 'a regular expression that does not match the empty text', pattern)
  }
  if (canExplode(pattern)) {
    const allowed = 'a regular expression that takes time in proportion to the text: without repetitions that overlap'
    throw new TracingConfigError('ERR_OPTION_PATTERN', { option, allowed, received: pattern })
  }
}
