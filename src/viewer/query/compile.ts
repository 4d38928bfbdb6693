import type { Attributes, ReceivedSpan } from '../model/received-span.js'
import { parseDurationMicros } from './durations.js'
import { builtInKey, type BuiltInKey } from './keys.js'
import { compileContains } from './patterns.js'
import { durationOf, type QueriedTrace } from './queried-trace.js'
import type { Alternatives, Comparison, Conjunction, Query, Structure, Term, Value } from './query.js'
import { attributeTest, numberTest, textOfValue, textTest, holdsForKey, type TextTest } from './values.js'

type SpanTest = (span: ReceivedSpan, trace: QueriedTrace) => boolean
type TraceTest = (trace: QueriedTrace) => boolean

/** What a term asks. `cost` orders the terms of a conjunction: what needs an analysis of the trace comes last. */
interface Compiled {
  readonly ofSpan: SpanTest
  /** Only where the answer is the same for every span of a trace. */
  readonly ofTrace?: TraceTest
  readonly cost: number
}

interface CompiledConjunction {
  readonly matches: TraceTest
  readonly holdsFor: SpanTest
  readonly cost: number
}

export function compile(expression: Alternatives | undefined): Pick<Query, 'matches' | 'holdsFor'> {
  if (!expression) return { matches: () => true, holdsFor: () => true }
  const alternatives = expression.of.map(conjunction)
  return {
    matches: (trace) => alternatives.some(({ matches }) => matches(trace)),
    holdsFor: (span, trace) => alternatives.some(({ holdsFor }) => holdsFor(span, trace)),
  }
}

function conjunction({ terms }: Conjunction): CompiledConjunction {
  const wanted = compileAll(terms.filter(({ isNegated }) => !isNegated))
  const unwanted = compileAll(terms.filter(({ isNegated }) => isNegated))
  const ofTrace = wanted.flatMap(({ ofTrace: test }) => (test ? [test] : []))
  const ofSpan = wanted.filter(({ ofTrace: test }) => test === undefined).map(({ ofSpan: test }) => test)
  return {
    matches: (trace) =>
      ofTrace.every((test) => test(trace)) &&
      (ofSpan.length === 0 || trace.spans.some((span) => ofSpan.every((test) => test(span, trace)))) &&
      !unwanted.some(({ ofTrace: test, ofSpan: each }) =>
        test ? test(trace) : trace.spans.some((span) => each(span, trace)),
      ),
    holdsFor: (span, trace) =>
      wanted.every(({ ofSpan: test }) => test(span, trace)) && !unwanted.some(({ ofSpan: test }) => test(span, trace)),
    cost: [...wanted, ...unwanted].reduce((most, { cost }) => Math.max(most, cost), 0),
  }
}

function compileAll(terms: readonly Term[]): Compiled[] {
  return terms.map(({ condition }) => compileCondition(condition)).sort((a, b) => a.cost - b.cost)
}

function compileCondition(condition: Term['condition']): Compiled {
  switch (condition.type) {
    case 'or':
      return group(condition)
    case 'word':
      return { ofSpan: word(condition.value), cost: COST.text }
    case 'structure':
      return structure(condition)
    case 'comparison':
      return comparison(condition)
  }
}

const COST = { field: 0, attribute: 1, text: 2, structure: 3, analysis: 4 } as const

/** Within parentheses and braces everything is said of one span. */
function group({ of }: Alternatives): Compiled {
  const alternatives = of.map(conjunction)
  return {
    ofSpan: (span, trace) => alternatives.some(({ holdsFor }) => holdsFor(span, trace)),
    cost: alternatives.reduce((most, { cost }) => Math.max(most, cost), 0),
  }
}

function structure({ above, relation, below }: Structure): Compiled {
  const upper = group(above)
  const lower = group(below)
  return {
    cost: Math.max(upper.cost, lower.cost, COST.structure),
    ofSpan: (span, trace) => {
      if (!lower.ofSpan(span, trace)) return false
      let ancestor = trace.parentOf(span)
      // Spans can be each other's ancestors: as many steps as there are spans suffice.
      for (let steps = trace.spans.length; ancestor && steps > 0; steps -= 1) {
        if (upper.ofSpan(ancestor, trace)) return true
        if (relation === '>') return false
        ancestor = trace.parentOf(ancestor)
      }
      return false
    },
  }
}

/** An id that was pasted is looked for as one. */
const ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/i

function word({ text }: Value): SpanTest {
  const pattern = compileContains(text)
  const test: TextTest = (given) => pattern.test(given)
  if (!ID.test(text)) return (span) => hasText(span, test)
  const id = text.toLowerCase()
  return (span) => span.traceId === id || span.spanId === id || span.parentSpanId === id || hasText(span, test)
}

function hasText({ name, resource, statusMessage, attributes, events }: ReceivedSpan, test: TextTest): boolean {
  if (test(name) || test(resource.service) || test(statusMessage)) return true
  return hasValue(attributes, test) || events.some((event) => test(event.name) || hasValue(event.attributes, test))
}

function hasValue(attributes: Attributes, test: TextTest): boolean {
  for (const key in attributes) {
    const value = attributes[key]
    if (value !== undefined && test(textOfValue(value))) return true
  }
  return false
}

function comparison(condition: Comparison): Compiled {
  const { key, isAttribute, operator, value } = condition
  const builtIn = isAttribute ? undefined : builtInKey(key)
  if (builtIn) return builtInComparison(builtIn, condition)
  const test = attributeTest(operator, value)
  return {
    cost: COST.attribute,
    ofSpan: (span) => holdsForKey(span, key, test, operator === '!='),
  }
}

function builtInComparison(key: BuiltInKey, condition: Comparison): Compiled {
  const { operator, value } = condition
  const micros = numberTest(operator, parseDurationMicros(value.text) ?? NaN)
  const count = numberTest(operator, Number(value.text))
  const test = textTest(operator, key.type === 'choice' ? { ...value, text: value.text.toLowerCase() } : value)
  const text = test ?? ((): boolean => false)
  switch (key.name) {
    case 'service':
      return ofSpan(({ resource }) => text(resource.service))
    case 'name':
      return ofSpan(({ name }) => text(name))
    case 'kind':
      return ofSpan(({ kind }) => text(kind))
    case 'status':
      return ofSpan(({ status }) => text(status))
    case 'duration':
      return ofSpan((span) => span.endMicros !== undefined && micros(durationOf(span)))
    case 'self':
      return { ofSpan: (span, trace) => micros(trace.selfMicrosOf(span) ?? NaN), cost: COST.analysis }
    case 'trace':
      return ofTrace(traceIdTest(condition))
    case 'trace.duration':
      return ofTrace((trace) => micros(trace.durationMicros))
    case 'spans':
      return ofTrace(({ spans }) => count(spans.length))
    case 'services':
      return ofTrace(servicesTest(condition))
    case 'root':
      return ofTrace(({ root }) => root !== undefined && text(root.name))
    case 'finding':
      return ofTrace(({ findings }) => findingsHold(findings, condition), COST.analysis)
    case 'run':
      return ofTrace(({ run }) => run !== undefined && text(run))
    default:
      throw new Error(`the key ${key.name} has no test`)
  }
}

function ofSpan(test: (span: ReceivedSpan) => boolean): Compiled {
  return { ofSpan: test, cost: COST.field }
}

function ofTrace(test: TraceTest, cost: number = COST.field): Compiled {
  return { ofTrace: test, ofSpan: (_span, trace) => test(trace), cost }
}

/** Ids are long: `:` takes the beginning of one. */
function traceIdTest({ operator, value }: Comparison): TraceTest {
  if (operator === ':' && !value.text.includes('*')) {
    const start = value.text.toLowerCase()
    return ({ traceId }) => traceId.toLowerCase().startsWith(start)
  }
  const test = textTest(operator, value)
  return ({ traceId }) => test?.(traceId) ?? false
}

function servicesTest({ operator, value }: Comparison): TraceTest {
  const services = ({ spans }: QueriedTrace): Set<string> => new Set(spans.map(({ resource }) => resource.service))
  if (/^\d+$/.test(value.text) && operator !== '~') {
    const test = numberTest(operator, Number(value.text))
    return (trace) => test(services(trace).size)
  }
  const test = textTest(operator, value)
  if (!test) return () => false
  return (trace) => (operator === '!=' ? [...services(trace)].every(test) : [...services(trace)].some(test))
}

/** By detector, by level, or by the fingerprint of one. */
function findingsHold(findings: QueriedTrace['findings'], { operator, value }: Comparison): boolean {
  const test = textTest(operator, value)
  if (!test) return false
  const named = ({ id, level, fingerprint }: QueriedTrace['findings'][number]): string[] => [id, level, fingerprint]
  return operator === '!='
    ? findings.every((finding) => named(finding).every(test))
    : findings.some((finding) => named(finding).some(test))
}
