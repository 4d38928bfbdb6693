import type { Finding } from '../../../model/finding.js'
import { textOf } from '../../attributes.js'
import { callsOf } from '../../calls/trace-calls.js'
import type { Call } from '../../calls/call.js'
import type { SpanNode } from '../../span-node.js'
import type { TraceAnalysis } from '../../trace-analysis.js'
import { TraceFacts } from '../facts.js'
import { percent, quoted } from '../words.js'

const FEWEST_TRACES = 5
const LEAST_SHARE = 0.8

interface Lookups {
  gets: number
  readonly misses: { trace: TraceAnalysis; nodes: SpanNode[]; query: Call }[]
}

/** A cache that is asked, does not have it, and is filled after the database was asked: in nearly every request. */
export function cacheMisses(traces: readonly TraceAnalysis[]): Finding[] {
  const byCache = new Map<string, Lookups>()
  for (const trace of traces) addTrace(trace, byCache)
  return Array.from(byCache).flatMap(([key, { gets, misses }]) => {
    const [first] = misses
    const count = new Set(misses.map(({ trace }) => trace)).size
    if (first === undefined || count < FEWEST_TRACES || misses.length < gets * LEAST_SHARE) return []
    return new TraceFacts(first.trace).finding({
      id: 'cache-miss',
      level: 'info',
      confidence: 'guess',
      key,
      nodes: first.nodes,
      count: misses.length,
      sentence: `The cache in front of ${quoted(first.query.label)} missed in ${misses.length} of ${gets} requests (${percent(misses.length / gets)}), as far as what followed tells.`,
      advice: 'Look at the keys and how long they are kept: a cache that misses makes requests slower.',
    })
  })
}

function addTrace(trace: TraceAnalysis, byCache: Map<string, Lookups>): void {
  const { calls } = callsOf(trace)
  const siblings = Map.groupBy(calls.keys(), ({ parent }) => parent)
  for (const nodes of siblings.values()) {
    const sorted = nodes.toSorted((a, b) => a.startMicros - b.startMicros)
    for (const [index, get] of sorted.entries()) {
      if (!isCommand(get, calls, /^(GET|MGET|HGET|HGETALL|get|gets)$/i)) continue
      const shape = keyShapeOf(get)
      const key = `${get.span.resource.service}\n${get.parent?.span.name ?? ''}\n${shape ?? ''}`
      const lookups = byCache.get(key) ?? { gets: 0, misses: [] }
      byCache.set(key, lookups)
      lookups.gets += 1
      const [read, set] = sorted.slice(index + 1, index + 3)
      const query = read && calls.get(read)
      if (read === undefined || set === undefined || query?.kind !== 'database' || query.access !== 'read') continue
      if (!isCommand(set, calls, /^(SET|SETEX|PSETEX|MSET|HSET|HMSET|set|add)$/i) || keyShapeOf(set) !== shape) continue
      lookups.misses.push({ trace, nodes: [get, read, set], query })
    }
  }
}

function isCommand(node: SpanNode, calls: ReadonlyMap<SpanNode, Call>, command: RegExp): boolean {
  return calls.get(node)?.kind === 'cache' && command.test(wordsOf(node)[0] ?? '')
}

/** `user:42` → `user:#`; `undefined` where the key is not told. */
function keyShapeOf(node: SpanNode): string | undefined {
  return wordsOf(node)[1]?.replaceAll(/[0-9a-f]{8,}(-[0-9a-f]+)*|\d+/gi, '#')
}

function wordsOf({ span }: SpanNode): string[] {
  const text = textOf(span.attributes, 'db.query.text', 'db.statement')
  if (text !== undefined) return text.trim().split(/\s+/)
  const operation = textOf(span.attributes, 'db.operation.name', 'db.operation')
  return [operation ?? span.name.replace(/^(redis|memcached|valkey)[-. ]/i, '')]
}
