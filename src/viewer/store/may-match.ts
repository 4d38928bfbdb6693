import type { ResourceText, TraceFacts } from '../model/trace-store.js'
import { parseDurationMicros } from '../query/durations.js'
import { builtInKey } from '../query/keys.js'
import { textTest as valueTest } from '../query/values.js'
import type { Alternatives, Comparison, Conjunction, Query, Term, Value } from '../query/query.js'

type Test = (facts: TraceFacts) => boolean

/**
 * What a trace has to have at least to match a query, as a test of what the store knows of it. Where it is false the
 * query does not match; where it is true, the query has to look at the spans. Undefined where nothing can be told.
 */
export function mayMatch({ expression }: Query): Test | undefined {
  return expression && alternatives(expression)
}

function alternatives({ of }: Alternatives): Test | undefined {
  const tests = of.map(conjunction)
  if (!tests.every((test) => test !== undefined)) return undefined
  const [only] = tests
  return tests.length === 1 ? only : (facts) => tests.some((test) => test(facts))
}

function conjunction({ terms }: Conjunction): Test | undefined {
  const tests = terms
    .filter(({ isNegated }) => !isNegated)
    .toSorted((a, b) => Number(isNumeric(b)) - Number(isNumeric(a)))
    .map(({ condition }) => conditionTest(condition))
    .filter((test) => test !== undefined)
  return tests.length === 0 ? undefined : (facts) => tests.every((test) => test(facts))
}

/** Numbers are compared before texts are looked through. */
function isNumeric({ condition }: Term): boolean {
  return condition.type === 'comparison' && /^(status|duration|spans|trace\.duration)$/.test(condition.key)
}

function conditionTest(condition: Term['condition']): Test | undefined {
  switch (condition.type) {
    case 'or':
      return alternatives(condition)
    case 'word':
      return wordTest(condition.value)
    case 'structure': {
      const above = alternatives(condition.above)
      const below = alternatives(condition.below)
      return above && below ? (facts) => above(facts) && below(facts) : (above ?? below)
    }
    case 'comparison':
      return comparisonTest(condition)
  }
}

function wordTest({ text }: Value): Test | undefined {
  const inText = containsAll([text])
  const id = text.toLowerCase()
  return inText && ((facts) => facts.traceId === id || inText(facts))
}

function comparisonTest(comparison: Comparison): Test | undefined {
  const { key, isAttribute, operator, value } = comparison
  const builtIn = isAttribute ? undefined : builtInKey(key)
  if (!builtIn) return attributeTest(comparison)
  switch (builtIn.name) {
    case 'status':
      return value.text.toLowerCase() === 'error' && operator === ':' ? ({ hasError }) => hasError : undefined
    case 'duration':
      return durationTest(comparison, ({ longestMicros }) => longestMicros)
    case 'trace.duration':
      return durationTest(comparison, ({ lastEndMicros, firstStartMicros }) => lastEndMicros - firstStartMicros)
    case 'spans':
      return operator.startsWith('>') ? ({ spanCount }) => spanCount >= Number(value.text) : undefined
    case 'run': {
      const test = valueTest(operator, value)
      return test && (({ run }) => test(run))
    }
    case 'service':
    case 'name':
    case 'root':
      return textTest(comparison)
    default:
      return undefined
  }
}

function durationTest({ operator, value }: Comparison, longest: (facts: TraceFacts) => number): Test | undefined {
  const wanted = parseDurationMicros(value.text)
  if (wanted === undefined || !operator.startsWith('>')) return undefined
  return (facts) => longest(facts) >= wanted
}

/** A number may be written in many ways, of which a store has one. */
function attributeTest(comparison: Comparison): Test | undefined {
  const { text } = comparison.value
  const isOtherNumber = text.trim() !== '' && !Number.isNaN(Number(text)) && String(Number(text)) !== text
  return isOtherNumber ? undefined : textTest(comparison, { alsoOfResources: true })
}

function textTest(
  { operator, value: { text, regex } }: Comparison,
  { alsoOfResources } = { alsoOfResources: false },
): Test | undefined {
  if (operator !== ':' && operator !== '=' && (operator !== '~' || regex !== undefined)) return undefined
  return containsAll(operator === '=' ? [text] : text.split(/\*+/), alsoOfResources)
}

/** Only of ASCII: other characters have forms that differ in more than their case. Line feeds part the texts. */
const USABLE = /^[\x20-\x7e]+$/

function containsAll(parts: readonly string[], alsoOfResources = false): Test | undefined {
  const tests = parts
    .filter((part) => USABLE.test(part))
    .map((part) => (alsoOfResources ? containsAnywhere(part.toLowerCase()) : contains(part.toLowerCase())))
  return tests.length === 0 ? undefined : (facts) => tests.every((test) => test(facts))
}

function contains(part: string): Test {
  return ({ text }) => text.includes(part)
}

function containsAnywhere(part: string): Test {
  const known = new Map<ResourceText, boolean>()
  const inResource = (resource: ResourceText): boolean => {
    let found = known.get(resource)
    if (found === undefined) known.set(resource, (found = resource.text.includes(part)))
    return found
  }
  return ({ text, resources }) => text.includes(part) || resources.some(inResource)
}
