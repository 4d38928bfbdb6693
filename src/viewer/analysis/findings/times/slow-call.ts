import type { Call } from '../../calls/call.js'
import { descendantsOf, type SpanNode } from '../../span-node.js'
import type { Finding } from '../../../model/finding.js'
import type { Detector, TraceFacts } from '../facts.js'
import { humanDuration, percent, quoted } from '../words.js'
import { staysOpen } from './stays-open.js'

const SLOW_MICROS = 1_000_000
const SLOW_SHARE_MICROS = 100_000
const SLOW_SHARE = 0.5

/** Somebody took long to answer, and sends no spans that would say why. */
export const slowCall: Detector = (facts) => {
  const shortest = facts.shortestMicros('slow-call')
  const isSlow = (took: number): boolean =>
    shortest === undefined
      ? took >= SLOW_MICROS || (took >= SLOW_SHARE_MICROS && facts.shareOfRoot(took) >= SLOW_SHARE)
      : took >= shortest
  const slow = [...facts.calls.calls].filter(([node, { kind }]) => {
    if (kind === 'database' || node.endMicros === undefined) return false
    return isSlow(node.durationMicros) && !isAnsweredInTrace(node) && !staysOpen(node.span)
  })
  return Array.from(Map.groupBy(slow, ([, { key }]) => key).values(), (alike) => describe(alike, facts))
}

function describe(alike: readonly (readonly [SpanNode, Call])[], facts: TraceFacts): Finding {
  const [first] = alike
  if (first === undefined) throw new Error('no call')
  const [, { key, label, target }] = first
  const nodes = alike.map(([node]) => node).sort((a, b) => b.durationMicros - a.durationMicros)
  const longest = nodes[0]?.durationMicros ?? 0
  const share = facts.shareOfRoot(longest)
  const ofRequest = share <= 1 ? `, ${percent(share)} of the request` : ''
  const times = nodes.length === 1 ? '' : ` (${nodes.length} times)`
  const what = target === undefined || label.includes(target) ? quoted(label) : `${quoted(label)} of ${quoted(target)}`
  return facts.finding({
    id: 'slow-call',
    level: 'warning',
    confidence: 'certain',
    key,
    nodes,
    sentence: `${what} took ${humanDuration(longest)}${ofRequest}${times}; the service that answers it sent no spans that show why.`,
    advice: 'Trace the other side too, or bound the wait by a timeout.',
  })
}

function isAnsweredInTrace(node: SpanNode): boolean {
  for (const below of descendantsOf(node)) {
    if (below.span.kind === 'server' || below.span.resource.service !== node.span.resource.service) return true
  }
  return false
}
