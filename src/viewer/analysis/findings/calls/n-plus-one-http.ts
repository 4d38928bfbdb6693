import type { CallGroup } from '../../calls/trace-calls.js'
import { busyTime, type Detector } from '../facts.js'
import { humanDuration, quoted } from '../words.js'
import { isPolling } from './polling.js'
import { isRetried } from './retries.js'

const FEWEST = 5
const WARNING_COUNT = 10
const WARNING_MICROS = 100_000

/** One request for each item of a list. */
export const nPlusOneHttp: Detector = (facts) =>
  facts.calls.groups
    .filter((group) => isOnePerItem(group, facts.fewest('n+1-http', FEWEST)))
    .map(({ call, nodes, request, busyMicros, overlapShare }) => {
      const isWarning = nodes.length >= WARNING_COUNT || busyTime(nodes) >= WARNING_MICROS
      const how = overlapShare >= 0.5 ? 'many of them at once' : 'one after another'
      return facts.finding({
        id: 'n+1-http',
        level: isWarning ? 'warning' : 'info',
        confidence: 'likely',
        key: call.key,
        nodes,
        sentence: `${quoted(request.span.name)} calls ${quoted(call.label)} ${nodes.length} times, ${how} (${humanDuration(busyMicros)}).`,
        advice: 'One request for all of them does it, where the other side has an endpoint for lists.',
      })
    })

function isOnePerItem(group: CallGroup, fewest: number): boolean {
  const { call, nodes } = group
  if (nodes.length < fewest || (call.kind !== 'http' && call.kind !== 'rpc')) return false
  return !isRetried(group) && !isWaiting(group) && !isUpload(group) && !isStream(group)
}

function isWaiting({ nodes }: CallGroup): boolean {
  return new Set(nodes.map(urlOf)).size === 1 && isPolling(nodes)
}

/** The parts of one file: each is written to the same place. */
function isUpload({ call, nodes }: CallGroup): boolean {
  if (call.access === 'read' || call.kind !== 'http') return false
  const places = new Set(nodes.map((node) => urlOf(node)?.replace(/\?.*/s, '')))
  const isInParts = nodes.some((node) => /upload|part(number)?=|chunk|block(id|list)/i.test(urlOf(node) ?? ''))
  return places.size === 1 && (isInParts || /^(PUT|PATCH) /.test(call.key))
}

/** Messages of one stream may each have a span. */
function isStream({ nodes }: CallGroup): boolean {
  return nodes.some(({ span }) => span.attributes['rpc.message.type'] !== undefined)
}

function urlOf({ span }: CallGroup['nodes'][number]): string | undefined {
  const url = span.attributes['url.full'] ?? span.attributes['http.url'] ?? span.attributes['http.target']
  return typeof url === 'string' ? url : undefined
}
