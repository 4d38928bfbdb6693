import { selfIntervals } from '../../trace-analysis.js'
import type { SpanNode } from '../../span-node.js'
import type { Detector } from '../facts.js'
import { humanDuration, percent, placeOf } from '../words.js'
import { staysOpen } from './stays-open.js'

const SHORTEST_MICROS = 100_000
const INFO_SHARE = 0.2
const WARNING_SHARE = 0.5

/** Time on the critical path that a span spends by itself, in one piece: no span below it says what for. */
export const slowPart: Detector = (facts) => {
  const { criticalPath } = facts.analysis
  if (criticalPath === undefined) return []
  const shortest = facts.shortestMicros('slow-part')
  const inSelf = new Set(criticalPath.sections.map(({ node }) => node))
  return [...inSelf].flatMap((node) => {
    // What a call waits for is somebody else's part: `slow-query` and `slow-call` are about that.
    if (facts.calls.calls.has(node) || node.span.kind === 'client' || node.span.kind === 'producer') return []
    if (staysOpen(node.span)) return []
    const longest = longestPiece(node)
    const took = Math.min(longest, node.pathMicros)
    const share = facts.shareOfRoot(took)
    if (shortest === undefined ? took < SHORTEST_MICROS || share < INFO_SHARE : took < shortest) return []
    return facts.finding({
      id: 'slow-part',
      level: share >= WARNING_SHARE ? 'warning' : 'info',
      confidence: 'certain',
      key: `${node.span.resource.service}\n${node.span.name}`,
      nodes: [node],
      durationMicros: took,
      sentence: `${placeOf(node)} takes ${humanDuration(took)} of ${humanDuration(facts.rootMicros)} (${percent(share)}) by itself: own code, or waiting that no span shows.`,
      advice: 'Spans within it (`withSpan`) would say what it does meanwhile.',
    })
  })
}

function longestPiece(node: SpanNode): number {
  return selfIntervals(node).reduce((longest, [start, end]) => Math.max(longest, end - start), 0)
}
