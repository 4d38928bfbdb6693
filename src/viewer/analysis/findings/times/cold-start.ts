import type { Detector } from '../facts.js'
import { humanDuration, placeOf } from '../words.js'

/** A function that says itself that its process had just started. */
export const coldStartByAttribute: Detector = (facts) =>
  facts.analysis.nodes
    .filter(({ span }) => span.attributes['faas.coldstart'] === true)
    .map((node) =>
      facts.finding({
        id: 'cold-start',
        level: 'info',
        confidence: 'certain',
        key: node.span.name,
        nodes: [node],
        sentence: `${placeOf(node)} is the first request of its process (${humanDuration(node.durationMicros)}).`,
      }),
    )
