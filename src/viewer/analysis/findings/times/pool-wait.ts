import { descendantsOf, type SpanNode } from '../../span-node.js'
import type { Detector, TraceFacts } from '../facts.js'
import { humanDuration, plural } from '../words.js'

const SHORTEST_MICROS = 10_000
const WARNING_MICROS = 50_000
const WARNING_SHARE = 0.2
const POOL = /^(pg-pool\.connect|generic-pool\.acquire)|acquire|pool\b.*\b(get|connect|checkout)/i
const CONNECTING = /connect|\btls\b|handshake/i

/** A request waited for a free connection of a pool. */
export const poolWait: Detector = (facts) =>
  waitsIn(facts).flatMap((node) => {
    if (opensConnection(node)) return []
    const busy = busyConnections(node, facts)
    const isWarning = node.durationMicros >= WARNING_MICROS || facts.shareOfRoot(node.durationMicros) >= WARNING_SHARE
    return facts.finding({
      id: 'pool-wait',
      level: isWarning ? 'warning' : 'info',
      confidence: 'likely',
      key: node.span.name,
      nodes: [node],
      sentence: `${node.span.resource.service} waited ${humanDuration(node.durationMicros)} for a free connection of its pool${busy === 0 ? '' : `; ${plural(busy, 'statement')} of this trace ran then`}.`,
      advice: 'Shorter transactions free connections sooner; a larger pool has more of them.',
    })
  })

/** A request paid for a new connection. */
export const connect: Detector = (facts) =>
  waitsIn(facts).flatMap((node) => {
    if (!opensConnection(node) || facts.pathBelow(node) === 0) return []
    if (facts.shareOfRoot(node.durationMicros) < WARNING_SHARE) return []
    return facts.finding({
      id: 'connect',
      level: 'info',
      confidence: 'certain',
      key: node.span.name,
      nodes: [node],
      sentence: `${node.span.resource.service} opened a new connection for this request (${humanDuration(node.durationMicros)}).`,
      advice: 'A pool that keeps some connections open saves it.',
    })
  })

export function isPoolWait({ span }: SpanNode): boolean {
  return POOL.test(span.name)
}

function waitsIn({ analysis }: TraceFacts): SpanNode[] {
  return analysis.nodes.filter((node) => isPoolWait(node) && node.durationMicros >= SHORTEST_MICROS)
}

function opensConnection(node: SpanNode): boolean {
  for (const below of descendantsOf(node)) if (CONNECTING.test(below.span.name)) return true
  return false
}

function busyConnections(wait: SpanNode, { calls }: TraceFacts): number {
  let busy = 0
  for (const [node, { kind }] of calls.calls) {
    const isThen = node.startMicros <= wait.startMicros && (node.endMicros ?? Infinity) > wait.startMicros
    if (kind === 'database' && isThen && !isPoolWait(node) && node.span.resource === wait.span.resource) busy += 1
  }
  return busy
}
