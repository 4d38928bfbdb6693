import type { Detector } from '../facts.js'
import { placeOf } from '../words.js'

/** Spans without an end, or with one before their start. */
export const unended: Detector = (facts) => {
  const open = facts.analysis.nodes.filter(({ endMicros }) => endMicros === undefined)
  const byName = Map.groupBy(open, ({ span }) => `${span.resource.service}\n${span.name}`)
  return Array.from(byName, ([key, nodes]) => {
    const [first] = nodes
    if (first === undefined) throw new Error('no span')
    const below = first.children.length > 0 ? ', though spans below it did' : ''
    return facts.finding({
      id: 'unended',
      level: 'warning',
      confidence: 'certain',
      key,
      nodes,
      durationMicros: 0,
      sentence: `${placeOf(first)} has no end${below}${nodes.length > 1 ? ` (${nodes.length} times)` : ''}.`,
      advice: 'A span has to be ended on every path of the code that started it; `withSpan` does that.',
    })
  })
}
