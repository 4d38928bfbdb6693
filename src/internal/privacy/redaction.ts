import type { AnyValue } from '@opentelemetry/api'
import { createHash, createHmac } from 'node:crypto'
import { compileGlob, type Matcher } from '../matching/glob.js'
import { patternNeeds, type PatternNeeds } from './pattern-check.js'
import { replaceIn } from './replace-in.js'
import type { RedactOption, RedactRule } from './redact-rules.js'
import { REDACTED } from './secret-names.js'
import type { Redaction } from './span-values.js'

export { checkRules, formatRules } from './redact-rules.js'

/** Undefined: nothing is left of the text. */
type Change = (text: string) => string | undefined

interface Rule {
  /** Undefined: any attribute, and texts that are none. */
  readonly isMeant: Matcher | undefined
  readonly pattern: RegExp | undefined
  readonly needs: PatternNeeds
  readonly change: Change
}

/** What is done to the value of one attribute. */
interface Plan {
  readonly whole: Change | undefined
  readonly texts: LastText | undefined
}

const MOST_NAMES_REMEMBERED = 2_000
/** Seven digits and more may be an account; smaller ones are counts, codes and ports, and turning them into text takes time. */
const LEAST_NUMBER_READ = 1e6

/** The rules of the option `redact`. The first rule for a whole attribute counts; of patterns, all that apply, in their order. */
export function createRedaction(options: readonly RedactOption[]): Redaction {
  return new RuleRedaction(options.map(ruleOf))
}

class RuleRedaction implements Redaction {
  readonly #rules: readonly Rule[]
  readonly #plans = new Map<string, Plan>()
  readonly #anywhere: LastText | undefined
  /** Most attributes have the same ones. */
  readonly #textRules = new Map<string, TextRules>()

  constructor(rules: readonly Rule[]) {
    this.#rules = rules
    this.#anywhere = lastTextOf(this.#textRulesFor(undefined))
  }

  attribute(key: string, value: AnyValue): AnyValue {
    const { whole, texts } = this.#plan(key)
    if (whole !== undefined) return whole(textOf(value))
    if (typeof value === 'object') return this.#inside(key, value)
    return texts === undefined ? value : withTexts(value, texts)
  }

  text(text: string): string {
    return this.#anywhere === undefined ? text : this.#anywhere.apply(text)
  }

  #plan(key: string): Plan {
    const known = this.#plans.get(key)
    if (known !== undefined) return known
    const whole = this.#rules.find(({ isMeant, pattern }) => pattern === undefined && isMeant?.(key))
    const texts = whole ? undefined : lastTextOf(this.#textRulesFor(key))
    const plan = { whole: whole?.change, texts }
    if (this.#plans.size >= MOST_NAMES_REMEMBERED) this.#plans.clear()
    this.#plans.set(key, plan)
    return plan
  }

  #textRulesFor(key: string | undefined): TextRules | undefined {
    const indexes = this.#rules.flatMap(({ isMeant, pattern }, index) =>
      pattern !== undefined && (isMeant === undefined || (key !== undefined && isMeant(key))) ? index : [],
    )
    if (indexes.length === 0) return undefined
    const id = indexes.join()
    let found = this.#textRules.get(id)
    if (!found) {
      found = new TextRules(indexes.flatMap((index) => this.#rules[index] ?? []))
      this.#textRules.set(id, found)
    }
    return found
  }

  /** Of a list, what is in it; of a map, its entries as attributes of their own: `user.email`, or `email` of the map `user`. */
  #inside(key: string, value: AnyValue): AnyValue {
    if (Array.isArray(value)) {
      return value.map((each) => this.attribute(key, each as AnyValue)).filter((each) => each !== undefined)
    }
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
    const entries = Object.entries(value).map(
      ([name, inner]) => [name, this.attribute(`${key}.${name}`, inner)] as const,
    )
    return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined))
  }
}

function withTexts(value: AnyValue, texts: LastText): AnyValue {
  if (typeof value === 'string') return texts.apply(value)
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Math.abs(value) >= LEAST_NUMBER_READ)) return value
  const text = String(value)
  const changed = texts.apply(text)
  return changed === text ? value : changed
}

function lastTextOf(rules: TextRules | undefined): LastText | undefined {
  return rules && new LastText(rules)
}

/** Many attributes have the same text again and again: to see that takes a fraction of what a look at it takes. */
class LastText {
  readonly #rules: TextRules
  #text = ''
  #applied = ''

  constructor(rules: TextRules) {
    this.#rules = rules
  }

  apply(text: string): string {
    if (text === this.#text) return this.#applied
    const applied = this.#rules.apply(text)
    if (text.length <= LONGEST_REMEMBERED) {
      this.#text = text
      this.#applied = applied
    }
    return applied
  }
}

/** Patterns, and what becomes of what they match. */
class TextRules {
  readonly #rules: readonly Rule[]
  readonly #ofLongText = remembering((text) => this.#applied(text))

  readonly #shortest: number

  constructor(rules: readonly Rule[]) {
    this.#rules = rules
    this.#shortest = Math.min(...rules.map(({ needs }) => needs.length))
  }

  apply(text: string): string {
    if (text.length < this.#shortest) return text
    for (const rule of this.#rules) {
      if (mayMatch(rule, text)) return text.length < SHORTEST_REMEMBERED ? this.#applied(text) : this.#ofLongText(text)
    }
    return text
  }

  #applied(text: string): string {
    let applied = text
    for (const rule of this.#rules) {
      const { pattern, change } = rule
      if (pattern && mayMatch(rule, applied)) applied = replaceIn(applied, pattern, (match) => change(match) ?? '')
    }
    return applied
  }
}

function mayMatch({ needs }: Rule, text: string): boolean {
  return text.length >= needs.length && (needs.text === '' || text.includes(needs.text))
}

const NO_NEEDS: PatternNeeds = { length: 0, text: '' }

function ruleOf(option: RedactOption): Rule {
  const rule = asRule(option)
  const { attributes, pattern } = rule
  return {
    isMeant: attributes === undefined ? undefined : anyOf([attributes].flat()),
    pattern: pattern && new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}g`),
    needs: pattern ? patternNeeds(pattern) : NO_NEEDS,
    change: changeOf(rule),
  }
}

function asRule(option: RedactOption): RedactRule {
  if (typeof option === 'string') return { attributes: option }
  return 'source' in option ? { pattern: option } : option
}

function anyOf(globs: readonly string[]): Matcher {
  const matchers = globs.map(compileGlob)
  return (name) => matchers.some((isMatch) => isMatch(name))
}

function changeOf({ action = 'replace', replacement = REDACTED, hashKey }: RedactRule): Change {
  if (action === 'remove') return () => undefined
  if (action === 'replace') return () => replacement
  return remembering((text) => {
    const hash = hashKey === undefined ? createHash('sha256') : createHmac('sha256', hashKey)
    return hash.update(text).digest('hex').slice(0, 16)
  })
}

/** To look a short text up takes as long as to look at it; longer ones seldom come again. */
const SHORTEST_REMEMBERED = 24
const LONGEST_REMEMBERED = 200
const MOST_TEXTS_REMEMBERED = 2_000

/** The function, which is not called again for texts that come again: most values of attributes do. */
function remembering(fn: (text: string) => string): (text: string) => string {
  let recent = new Map<string, string>()
  let older = new Map<string, string>()
  return (text) => {
    if (text.length > LONGEST_REMEMBERED) return fn(text)
    const known = recent.get(text)
    if (known !== undefined) return known
    // What is still asked for survives the many that are not.
    const result = older.get(text) ?? fn(text)
    if (recent.size >= MOST_TEXTS_REMEMBERED) {
      older = recent
      recent = new Map()
    }
    recent.set(text, result)
    return result
  }
}

function textOf(value: AnyValue): string {
  if (typeof value === 'string') return value
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it is undefined for undefined
  return JSON.stringify(value) ?? ''
}
