import type { Call } from '../../calls/call.js'
import type { SpanNode } from '../../span-node.js'
import { hasFailed } from '../../error-origins.js'
import type { Detector, TraceFacts } from '../facts.js'
import { humanDuration, quoted } from '../words.js'
import { isPolling } from './polling.js'

const WARNING_COUNT = 5
const WARNING_MICROS = 50_000

/** The same question with the same values, twice or more within one request, with no write between. */
export const duplicate: Detector = (facts) => {
  const askers = new Map<string, { call: Call; nodes: SpanNode[]; writes: number }[]>()
  const found: { call: Call; nodes: SpanNode[] }[] = []
  const writes = new Map<string, number>()
  for (const [node, call] of byStart(facts)) {
    const place = `${facts.calls.requestOf(node).id}\n${call.target ?? ''}`
    const count = writes.get(place) ?? 0
    if (call.access === 'write' || call.access === 'other') writes.set(place, count + 1)
    if (call.access !== 'read' || call.isVolatile || call.identity === undefined || hasFailed(node)) continue
    const key = `${place}\n${call.identity}`
    const runs = askers.get(key) ?? []
    askers.set(key, runs)
    const run = runs.at(-1)
    // What was written in between may have changed the answer.
    if (run?.writes === count) run.nodes.push(node)
    else {
      const begun = { call, nodes: [node], writes: count }
      runs.push(begun)
      found.push(begun)
    }
  }
  return found
    .filter(({ nodes }) => nodes.length > 1 && !isPolling(nodes))
    .map(({ call, nodes }) => {
      const durationMicros = nodes.reduce((sum, node) => sum + node.durationMicros, 0)
      const [first] = nodes
      const request = first && facts.calls.requestOf(first)
      return facts.finding({
        id: 'duplicate',
        level: nodes.length >= WARNING_COUNT || durationMicros >= WARNING_MICROS ? 'warning' : 'info',
        confidence: 'certain',
        key: call.key,
        nodes,
        durationMicros,
        sentence: `${quoted(request?.span.name ?? '')} asks ${quoted(call.label)} ${nodes.length} times with the same values (${humanDuration(durationMicros)}).`,
        advice: 'Keep the answer for the rest of the request.',
      })
    })
}

function byStart({ calls }: TraceFacts): [SpanNode, Call][] {
  return [...calls.calls].sort(([a], [b]) => a.startMicros - b.startMicros)
}
