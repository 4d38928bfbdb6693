import type { AttributeValue } from '../../model/received-span.js'
import { flatText } from '../attributes.js'
import type { TraceAnalysis } from '../trace-analysis.js'

const FEWEST_TRACES = 5
const MOST_LINES = 10
const MOST_DISTINCT_SHARE = 0.5
const LONGEST_VALUE = 200

/** An attribute value that a selection of traces has more often, or less often, than the others. */
export interface BubbleUpLine {
  readonly key: string
  /** Of a number its quartile: "120 to 340". */
  readonly value: string
  /** Traces of the selection that have it, and how many these are; the same for the others. */
  readonly selected: number
  readonly ofSelected: number
  readonly others: number
  readonly ofOthers: number
}

/**
 * What a selection of traces has in common that the others have not: the ten attribute values whose share differs most.
 * Empty for fewer than five traces, or with none to compare with.
 */
export function bubbleUp(selection: readonly TraceAnalysis[], others: readonly TraceAnalysis[]): BubbleUpLine[] {
  if (selection.length < FEWEST_TRACES || others.length === 0) return []
  const all = [...selection, ...others].map(valuesOf)
  const cutters = cuttersOf(all)
  const lines = new Map<string, { key: string; value: string; selected: number; others: number }>()
  for (const [index, values] of all.entries()) {
    const seen = new Set<string>()
    for (const [key, value] of values) {
      const cut = cutters.get(key)
      if (cut === undefined) continue
      const shown = cut(value)
      const id = `${key}\n${shown}`
      if (seen.has(id)) continue
      seen.add(id)
      const line = lines.get(id) ?? { key, value: shown, selected: 0, others: 0 }
      lines.set(id, line)
      if (index < selection.length) line.selected += 1
      else line.others += 1
    }
  }
  const share = (line: { selected: number; others: number }): number =>
    Math.abs(line.selected / selection.length - line.others / others.length)
  return Array.from(lines.values())
    .filter((line) => share(line) > 0)
    .sort((a, b) => share(b) - share(a))
    .slice(0, MOST_LINES)
    .map((line) => ({ ...line, ofSelected: selection.length, ofOthers: others.length }))
}

type Pairs = readonly (readonly [key: string, value: AttributeValue])[]

/** What a trace has: attributes of its spans and their resources, and whether it failed. */
function valuesOf({ nodes, mainRoot, services }: TraceAnalysis): Pairs {
  const pairs: [string, AttributeValue][] = services.map((service) => ['service', service])
  if (mainRoot !== undefined) pairs.push(['root', mainRoot.span.name])
  pairs.push(['status', nodes.some(({ span }) => span.status === 'error') ? 'error' : 'ok'])
  for (const resource of new Set(nodes.map(({ span }) => span.resource))) {
    pairs.push(...Object.entries(resource.attributes).filter(([key]) => key !== 'service.name'))
  }
  for (const { span } of nodes) pairs.push(...Object.entries(span.attributes))
  return pairs.filter(([, value]) => typeof value !== 'object')
}

/** How a key's values are shown; keys whose values are nearly all different are left out. */
function cuttersOf(traces: readonly Pairs[]): Map<string, (value: AttributeValue) => string> {
  const byKey = new Map<string, { traces: number; values: Set<AttributeValue>; numbers: number[]; isText: boolean }>()
  for (const pairs of traces) {
    const seen = new Set<string>()
    for (const [key, value] of pairs) {
      const of = byKey.get(key) ?? { traces: 0, values: new Set(), numbers: [], isText: false }
      byKey.set(key, of)
      if (!seen.has(key)) of.traces += 1
      seen.add(key)
      of.values.add(value)
      if (typeof value === 'number') of.numbers.push(value)
      else of.isText = true
    }
  }
  const cutters = new Map<string, (value: AttributeValue) => string>()
  for (const [key, { traces: count, values, numbers, isText }] of byKey) {
    if (!isText && values.size > 4) cutters.set(key, quartiles(numbers))
    else if (values.size <= Math.max(count * MOST_DISTINCT_SHARE, 2))
      cutters.set(key, (value) => flatText(value).slice(0, LONGEST_VALUE))
  }
  return cutters
}

function quartiles(numbers: readonly number[]): (value: AttributeValue) => string {
  const sorted = numbers.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0
  const bounds = [at(0), at(0.25), at(0.5), at(0.75), at(1)]
  return (value) => {
    const index = Math.max(
      bounds.findLastIndex((bound, place) => place < 4 && Number(value) >= bound),
      0,
    )
    return `${bounds[index]} to ${bounds[index + 1]}`
  }
}
