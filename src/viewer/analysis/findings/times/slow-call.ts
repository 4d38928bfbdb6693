import type { Call } from '../../calls/call.js'
import { textOf } from '../../attributes.js'
import { httpStatusOf } from '../../failures.js'
import { descendantsOf, type SpanNode } from '../../span-node.js'
import type { Finding } from '../../../model/finding.js'
import type { Detector, TraceFacts } from '../facts.js'
import { humanDuration, percent, quoted } from '../words.js'

const SLOW_MICROS = 1_000_000
const SLOW_SHARE_MICROS = 100_000
const SLOW_SHARE = 0.5
const SWITCHING_PROTOCOLS = 101

/** Somebody took long to answer, and sends no spans that would say why. */
export const slowCall: Detector = (facts) => {
  const slow = [...facts.calls.calls].filter(([node, { kind }]) => {
    if (kind === 'database' || node.endMicros === undefined) return false
    const isLong = node.durationMicros >= SLOW_SHARE_MICROS && facts.shareOfRoot(node.durationMicros) >= SLOW_SHARE
    return (isLong || node.durationMicros >= SLOW_MICROS) && !isAnsweredInTrace(node) && !staysOpen(node)
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
    sentence: `${what} took ${humanDuration(longest)}${ofRequest}${times}; whoever answers it sent no spans that tell why.`,
    advice: 'Trace the other side too, or bound the wait by a timeout.',
  })
}

function isAnsweredInTrace(node: SpanNode): boolean {
  for (const below of descendantsOf(node)) {
    if (below.span.kind === 'server' || below.span.resource.service !== node.span.resource.service) return true
  }
  return false
}

/** Streams, long polls and WebSockets last as long as they are wanted. */
function staysOpen({ span }: SpanNode): boolean {
  const { attributes } = span
  if (httpStatusOf(span) === SWITCHING_PROTOCOLS) return true
  const type = textOf(attributes, 'http.response.header.content-type', 'http.response.header.content_type') ?? ''
  const headers = attributes['http.response.header.content-type'] ?? attributes['http.response.header.content_type']
  const types = Array.isArray(headers) ? headers.join() : type
  if (/event-stream|ndjson|multipart\/x-mixed/i.test(types)) return true
  if (/^(receive|poll|process)$/.test(textOf(attributes, 'messaging.operation.type', 'messaging.operation') ?? ''))
    return true
  const place = textOf(attributes, 'url.full', 'http.url', 'http.target', 'rpc.method') ?? span.name
  return /^wss?:|[/?&._-](stream|events|sse|subscribe|watch|poll|longpoll|socket\.io|ws)\b|^(watch|subscribe|stream)/i.test(
    place,
  )
}
