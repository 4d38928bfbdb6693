import { BUILT_IN_KEYS, builtInKey } from './keys.js'
import type { Alternatives, Comparison, Place, Query } from './query.js'

/** What has been seen in the spans that are kept: the most frequent first. */
export interface SeenKeys {
  /** Attribute keys. */
  readonly keys: readonly string[]
  /** Values by key, built-in keys (`service`, `name`, `finding`, …) among them. */
  readonly values: Readonly<Record<string, readonly string[]>>
}

export interface Suggestions extends Place {
  /** Each replaces the text from `start` to `end`. */
  readonly items: readonly Suggestion[]
}

export interface Suggestion {
  readonly text: string
  readonly description: string
}

const MOST_SUGGESTIONS = 10

/** What could stand where the cursor is: keys, or the values of the key before it. */
export function suggestions(text: string, seen: SeenKeys, cursor: number = text.length): Suggestions {
  const before = text.slice(0, cursor)
  const typed = /(?:^|[\s({])-?([^\s:=!<>~(){}"]*)$/.exec(before)
  if (typed) {
    const start = cursor - (typed[1] ?? '').length
    return { start, end: cursor, items: keysLike(typed[1] ?? '', seen) }
  }
  const [, key = '', operator = '', value = ''] =
    /([^\s:=!<>~(){}"]+)(:|!=|=|~)("?[^"\s(){}]*|"[^"]*)$/.exec(before) ?? []
  if (key === '' || operator === '') return { start: cursor, end: cursor, items: [] }
  return { start: cursor - value.length, end: cursor, items: valuesLike(key, value.replace(/^"/, ''), seen) }
}

function keysLike(typed: string, { keys }: SeenKeys): Suggestion[] {
  const wanted = typed.toLowerCase()
  const known = [
    ...BUILT_IN_KEYS.map(({ name, description }) => ({ text: name, description })),
    ...keys.map((key) => ({ text: builtInKey(key) ? `"${key}"` : key, description: 'attribute' })),
  ]
  const beginning = known.filter(({ text }) => text.toLowerCase().startsWith(wanted))
  const containing = wanted === '' ? [] : known.filter(({ text }) => text.toLowerCase().indexOf(wanted) > 0)
  return [...beginning, ...containing].slice(0, MOST_SUGGESTIONS)
}

function valuesLike(key: string, typed: string, { values }: SeenKeys): Suggestion[] {
  const wanted = typed.toLowerCase()
  const seen = Object.hasOwn(values, key) ? (values[key] ?? []) : []
  const all = builtInKey(key)?.choices ?? seen
  const beginning = all.filter((value) => value.toLowerCase().startsWith(wanted))
  const containing = wanted === '' ? [] : all.filter((value) => value.toLowerCase().indexOf(wanted) > 0)
  return [...beginning, ...containing]
    .slice(0, MOST_SUGGESTIONS)
    .map((value) => ({ text: quoted(value), description: key }))
}

/** As it must be written to be read as one value. */
export function quoted(value: string): string {
  return value === '' || /[\s(){}"]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value
}

export interface UnknownKey extends Place {
  readonly key: string
  /** Keys that were seen and are written alike, the nearest first; three at most. */
  readonly instead: readonly string[]
}

/** The keys of a query that no span has: the query is right, and finds nothing. */
export function unknownKeys({ expression }: Query, { keys }: SeenKeys): UnknownKey[] {
  const seen = new Set(keys)
  const candidates = [...BUILT_IN_KEYS.map(({ name }) => name), ...keys]
  return comparisonsIn(expression)
    .filter(({ key, isAttribute }) => isAttribute && !seen.has(key))
    .map(({ key, keyPlace }) => ({ key, ...keyPlace, instead: alike(key, candidates) }))
}

function comparisonsIn(expression: Alternatives | undefined): Comparison[] {
  if (!expression) return []
  return expression.of.flatMap(({ terms }) =>
    terms.flatMap(({ condition }) => {
      if (condition.type === 'comparison') return [condition]
      if (condition.type === 'structure') return [...comparisonsIn(condition.above), ...comparisonsIn(condition.below)]
      return condition.type === 'or' ? comparisonsIn(condition) : []
    }),
  )
}

const MOST_ALIKE = 3

function alike(key: string, candidates: readonly string[]): string[] {
  const wanted = key.toLowerCase()
  return candidates
    .map((candidate) => ({ candidate, distance: distanceBetween(wanted, candidate.toLowerCase()) }))
    .filter(
      ({ candidate, distance }) =>
        distance <= Math.max(2, wanted.length / 3) || candidate.toLowerCase().includes(wanted),
    )
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MOST_ALIKE)
    .map(({ candidate }) => candidate)
}

/** Levenshtein's: how many characters to add, remove or replace. */
export function distanceBetween(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
