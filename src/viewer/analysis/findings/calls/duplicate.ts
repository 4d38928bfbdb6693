import type { Finding } from '../../../model/finding.js'
import type { Call } from '../../calls/call.js'
import type { SpanNode } from '../../span-node.js'
import { hasFailed } from '../../error-origins.js'
import type { Detector, TraceFacts } from '../facts.js'
import { humanDuration, quoted } from '../words.js'
import { isPolling } from './polling.js'

const WARNING_COUNT = 5
const WARNING_MICROS = 50_000
const LONGEST_PAUSE_MICROS = 1_000_000

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
    // What was written in between may have changed the answer, and so may time.
    const pause = node.startMicros - (run?.nodes.at(-1)?.endMicros ?? node.startMicros)
    if (run?.writes === count && pause <= LONGEST_PAUSE_MICROS) run.nodes.push(node)
    else {
      const begun = { call, nodes: [node], writes: count }
      runs.push(begun)
      found.push(begun)
    }
  }
  const repeated = found.filter(({ nodes }) => nodes.length > 1 && !isPolling(nodes))
  const alike = Map.groupBy(
    repeated,
    ({ call, nodes }) => `${nodes[0] && facts.calls.requestOf(nodes[0]).id}\n${call.key}`,
  )
  return Array.from(alike.values(), (runs) => describe(runs, facts))
}

function describe(runs: readonly { call: Call; nodes: SpanNode[] }[], facts: TraceFacts): Finding {
  const [run] = runs
  const first = run?.nodes[0]
  if (run === undefined || first === undefined) throw new Error('no calls')
  const nodes = runs.flatMap((each) => each.nodes)
  const durationMicros = nodes.reduce((sum, node) => sum + node.durationMicros, 0)
  const values = runs.length === 1 ? 'with the same values' : `with ${runs.length} sets of values`
  return facts.finding({
    id: 'duplicate',
    level: nodes.length >= WARNING_COUNT || durationMicros >= WARNING_MICROS ? 'warning' : 'info',
    confidence: 'certain',
    key: run.call.key,
    nodes,
    durationMicros,
    sentence: `${quoted(facts.calls.requestOf(first).span.name)} asks ${quoted(run.call.label)} ${nodes.length} times ${values} (${humanDuration(durationMicros)}).`,
    advice: 'Keep the answer for the rest of the request.',
  })
}

function byStart({ calls }: TraceFacts): [SpanNode, Call][] {
  return [...calls.calls].sort(([a], [b]) => a.startMicros - b.startMicros)
}
