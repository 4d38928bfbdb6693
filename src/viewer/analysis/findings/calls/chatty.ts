import type { SpanNode } from '../../span-node.js'
import { busyTime, type Detector } from '../facts.js'
import { humanDuration, percent, placeOf } from '../words.js'
import { nPlusOneHttp } from './n-plus-one-http.js'

const FEWEST = 10
const LEAST_SHARE = 0.2

/** Many calls, of different kinds, from one request to one other service. */
export const chatty: Detector = (facts) => {
  const explained = new Set(nPlusOneHttp(facts).flatMap(({ spanIds }) => spanIds))
  const pairs = new Map<string, { request: SpanNode; to: string; nodes: SpanNode[] }>()
  for (const node of facts.calls.calls.keys()) {
    const to = node.children.find(({ span }) => span.kind === 'server')?.span.resource.service
    if (to === undefined || to === node.span.resource.service || explained.has(node.id)) continue
    const request = facts.calls.requestOf(node)
    const key = `${request.id}\n${to}`
    const pair = pairs.get(key) ?? { request, to, nodes: [] }
    pair.nodes.push(node)
    pairs.set(key, pair)
  }
  return [...pairs.values()].flatMap(({ request, to, nodes }) => {
    const busy = busyTime(nodes)
    if (nodes.length < facts.fewest('chatty', FEWEST) || facts.shareOfRoot(busy) < LEAST_SHARE) return []
    const [from] = nodes
    return facts.finding({
      id: 'chatty',
      level: 'warning',
      confidence: 'likely',
      key: `${request.span.name}\n${to}`,
      nodes,
      durationMicros: busy,
      sentence: `${from?.span.resource.service ?? ''} calls ${to} ${nodes.length} times for one ${placeOf(request)}: ${humanDuration(busy)}, ${percent(facts.shareOfRoot(busy))} of the trace's request.`,
      advice: 'An endpoint that answers what this request needs saves the round trips.',
    })
  })
}
