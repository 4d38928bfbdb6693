import type { Call } from '../../calls/call.js'
import type { SpanNode } from '../../span-node.js'
import type { Detector } from '../facts.js'
import { humanDuration, percent, quoted } from '../words.js'
import { isPoolWait } from './pool-wait.js'

const SLOW_MICROS = 500_000
const SLOW_SHARE_MICROS = 100_000
const SLOW_SHARE = 0.5

/** A database took long to answer. */
export const slowQuery: Detector = (facts) => {
  const shortest = facts.shortestMicros('slow-query')
  const isSlow = (took: number): boolean =>
    shortest === undefined
      ? took >= SLOW_MICROS || (took >= SLOW_SHARE_MICROS && facts.shareOfRoot(took) >= SLOW_SHARE)
      : took >= shortest
  const slow = new Map<string, { call: Call; nodes: SpanNode[]; longest: number; total: number }>()
  for (const [node, call] of facts.calls.calls) {
    if (call.kind !== 'database' || call.access === 'control') continue
    // To wait for a connection is no fault of the statement.
    const took = node.durationMicros - poolWaitWithin(node)
    if (!isSlow(took)) continue
    const alike = slow.get(call.key) ?? { call, nodes: [], longest: 0, total: 0 }
    slow.set(call.key, alike)
    if (took > alike.longest) alike.nodes.unshift(node)
    else alike.nodes.push(node)
    alike.longest = Math.max(alike.longest, took)
    alike.total += took
  }
  return Array.from(slow.values(), ({ call, nodes, longest, total }) => {
    const share = facts.shareOfRoot(longest)
    const ofRequest = share <= 1 ? `, ${percent(share)} of the request` : ''
    const times = nodes.length === 1 ? '' : ` (${nodes.length} times, ${humanDuration(total)} together)`
    return facts.finding({
      id: 'slow-query',
      level: 'warning',
      confidence: 'certain',
      key: call.key,
      nodes,
      durationMicros: total,
      sentence: `${quoted(call.label)} took ${humanDuration(longest)}${ofRequest}${times}.`,
      advice: 'EXPLAIN shows how the database runs it, and whether an index is missing.',
    })
  })
}

function poolWaitWithin({ children }: SpanNode): number {
  return children.filter(isPoolWait).reduce((sum, child) => sum + child.durationMicros, 0)
}
