import { descendantsOf, type SpanNode } from '../../span-node.js'
import type { Detector, TraceFacts } from '../facts.js'
import { humanDuration, plural } from '../words.js'

const SHORTEST_MICROS = 10_000
const WARNING_MICROS = 50_000
const WARNING_SHARE = 0.2
/** To connect takes some milliseconds everywhere: a first request has to. */
const SHORTEST_CONNECT_MICROS = 50_000
/** To open a connection takes a few steps. */
const MOST_LOOKED_AT = 50
const POOL = /^(pg-pool\.connect|generic-pool\.acquire)|acquire|pool\b.*\b(get|connect|checkout)/i
const CONNECTING = /connect|\btls\b|handshake/i

/** A request waited for a free connection of a pool. */
export const poolWait: Detector = (facts) => {
  const shortest = facts.shortestMicros('pool-wait')
  const waits = waitsIn(facts, shortest ?? SHORTEST_MICROS).filter((node) => !opensConnection(node))
  return groupsOf(waits).flatMap((nodes) => {
    const [longest] = nodes
    const took = longest?.durationMicros ?? 0
    const busy = longest === undefined ? 0 : runningAt(longest, facts)
    // With nothing else at work in the trace it may be the event loop that was late.
    if (shortest === undefined && busy === 0 && took < WARNING_MICROS) return []
    const others = busy === 0 ? '' : `; ${plural(busy, 'statement')} of this trace ran then`
    return facts.finding({
      id: 'pool-wait',
      level: took >= WARNING_MICROS || facts.shareOfRoot(took) >= WARNING_SHARE ? 'warning' : 'info',
      confidence: 'likely',
      key: longest?.span.name ?? '',
      nodes,
      sentence: `${longest?.span.resource.service ?? ''} waited ${humanDuration(took)} for a free connection of its pool${timesText(nodes)}${others}.`,
      advice: 'Shorter transactions free connections sooner; a larger pool has more of them.',
    })
  })
}

/** A request paid for a new connection. */
export const connect: Detector = (facts) => {
  const shortest = facts.shortestMicros('connect')
  const opened = waitsIn(facts, shortest ?? SHORTEST_CONNECT_MICROS).filter((node) => {
    const isLong = shortest !== undefined || facts.shareOfRoot(node.durationMicros) >= WARNING_SHARE
    return isLong && facts.pathBelow(node) > 0 && opensConnection(node)
  })
  return groupsOf(opened).map((nodes) =>
    facts.finding({
      id: 'connect',
      level: 'info',
      confidence: 'certain',
      key: nodes[0]?.span.name ?? '',
      nodes,
      sentence: `${nodes[0]?.span.resource.service ?? ''} opened a new connection for this request (${humanDuration(nodes[0]?.durationMicros ?? 0)})${timesText(nodes)}.`,
      advice: 'A pool that keeps some connections open saves it.',
    }),
  )
}

/** Of one service and name, the longest first. */
function groupsOf(nodes: readonly SpanNode[]): SpanNode[][] {
  const groups = Map.groupBy(nodes, ({ span }) => `${span.resource.service}\n${span.name}`)
  return Array.from(groups.values(), (alike) => alike.sort((a, b) => b.durationMicros - a.durationMicros))
}

function timesText({ length }: readonly SpanNode[]): string {
  return length === 1 ? '' : ` (the longest of ${length} times)`
}

export function isPoolWait({ span }: SpanNode): boolean {
  return POOL.test(span.name)
}

function waitsIn({ analysis }: TraceFacts, shortestMicros: number): SpanNode[] {
  return analysis.nodes.filter((node) => node.durationMicros >= shortestMicros && isPoolWait(node))
}

function opensConnection(node: SpanNode): boolean {
  return descendantsOf(node)
    .take(MOST_LOOKED_AT)
    .some(({ span }) => CONNECTING.test(span.name))
}

function runningAt({ span, startMicros }: SpanNode, { calls }: TraceFacts): number {
  let running = 0
  for (const [node, { kind }] of calls.calls) {
    if (kind !== 'database' || isPoolWait(node) || node.span.resource !== span.resource) continue
    if (node.startMicros <= startMicros && (node.endMicros ?? Infinity) > startMicros) running += 1
  }
  return running
}
