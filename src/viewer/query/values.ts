import type { AttributeValue, ReceivedSpan } from '../model/received-span.js'
import { compileContains, compileGlob, compileRegex } from './patterns.js'
import type { Operator, Value } from './query.js'

/** Long values (prompts, bodies) are searched up to here. */
const MOST_CHARACTERS = 20_000

export type TextTest = (text: string) => boolean

/**
 * `:` is equal without regard to case, with `*` for any text; `=` is equal to the letter; `~` is a pattern with `*`, text
 * that is contained where it has none, or a `/regex/`. `undefined` for operators that compare numbers.
 */
export function textTest(operator: Operator, value: Value): TextTest | undefined {
  const { text, regex } = value
  switch (operator) {
    case ':': {
      // Most values have no pattern, and to compare them is many times faster.
      if (!text.includes('*')) {
        const lower = text.toLowerCase()
        return (given) => given.length === text.length && given.toLowerCase() === lower
      }
      const glob = compileGlob(text)
      return (given) => glob.test(given)
    }
    case '=':
      return (given) => given === text
    case '!=':
      return (given) => given !== text
    case '~': {
      const compiled = regex === undefined ? undefined : compileRegex(regex)
      const pattern =
        compiled instanceof RegExp ? compiled : text.includes('*') ? compileGlob(text) : compileContains(text)
      return (given) => pattern.test(given.length > MOST_CHARACTERS ? given.slice(0, MOST_CHARACTERS) : given)
    }
    default:
      return undefined
  }
}

export function numberTest(operator: Operator, wanted: number): (given: number) => boolean {
  switch (operator) {
    case '>':
      return (given) => given > wanted
    case '>=':
      return (given) => given >= wanted
    case '<':
      return (given) => given < wanted
    case '<=':
      return (given) => given <= wanted
    case '!=':
      return (given) => given !== wanted
    default:
      return (given) => given === wanted
  }
}

/** Of an attribute. An array holds where one of its elements does; with `!=`, where none is equal. */
export function attributeTest(operator: Operator, value: Value): (given: AttributeValue) => boolean {
  const isNumeric = value.text.trim() !== '' && !Number.isNaN(Number(value.text))
  const asText = textTest(operator, value)
  const asNumber = numberTest(operator, Number(value.text))
  const single = (given: AttributeValue): boolean => {
    if (asText === undefined) return isNumeric && isNumberLike(given) && asNumber(Number(given))
    if (isNumeric && typeof given === 'number' && operator !== '~') return asNumber(given)
    return asText(textOfValue(given))
  }
  return (given) => {
    if (!isList(given)) return single(given)
    return operator === '!=' ? given.every(single) : given.some(single)
  }
}

function isNumberLike(given: AttributeValue): boolean {
  if (typeof given === 'string') return given.trim() !== '' && !Number.isNaN(Number(given))
  return typeof given === 'number' || typeof given === 'bigint'
}

export function isList(value: AttributeValue): value is readonly AttributeValue[] {
  return Array.isArray(value)
}

export function textOfValue(value: AttributeValue): string {
  if (typeof value === 'string') return value
  if (value === null || typeof value !== 'object') return String(value)
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner))
}

/**
 * Whether a key has a value for which the test holds: in the span, its events, or its process. With `isForAll`, whether
 * it has values and the test holds for all of them.
 */
export function holdsForKey(
  span: ReceivedSpan,
  key: string,
  test: (given: AttributeValue) => boolean,
  isForAll: boolean,
): boolean {
  let isThere = false
  const places = span.events.length + 2
  for (let place = 0; place < places; place += 1) {
    const attributes =
      place === 0
        ? span.attributes
        : place === 1
          ? span.resource.attributes
          : (span.events[place - 2]?.attributes ?? {})
    const value = attributes[key]
    if (value === undefined || !Object.hasOwn(attributes, key)) continue
    if (test(value) !== isForAll) return !isForAll
    isThere = true
  }
  return isThere && isForAll
}
