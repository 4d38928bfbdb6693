import { hasFailed } from '../error-origins.js'
import type { SpanNode } from '../span-node.js'
import type { TraceAnalysis } from '../trace-analysis.js'
import { CallReader, type Call } from './call.js'

/** Calls that ask the same in one request, from one place in the code as far as spans tell. */
export interface CallGroup {
  readonly call: Call
  /** By start. */
  readonly nodes: readonly SpanNode[]
  /** The server or consumer span that they are made for, or else the topmost span of their service. */
  readonly request: SpanNode
  /** The parent of the first. */
  readonly parent: SpanNode | undefined
  /** The sum of their durations. */
  readonly busyMicros: number
  /** How many of them ran beside another, from 0 to 1. */
  readonly overlapShare: number
  readonly failed: number
}

/** What a trace asks of others. Made once for each trace, and shared by all who look. */
export interface TraceCalls {
  /** Calls; of one within another (a driver's span within an ORM's) only the outer one. */
  readonly calls: ReadonlyMap<SpanNode, Call>
  /** Two calls at least in each, in the order of their first. */
  readonly groups: readonly CallGroup[]
  requestOf(node: SpanNode): SpanNode
}

/** Clocks of whole milliseconds let a call seem to start before the one that it waited for has ended. */
const OVERLAP_TOLERANCE_MICROS = 1_000

const known = new WeakMap<TraceAnalysis, TraceCalls>()

export function callsOf(analysis: TraceAnalysis): TraceCalls {
  const found = known.get(analysis)
  if (found !== undefined) return found
  const made = read(analysis)
  known.set(analysis, made)
  return made
}

function read({ nodes }: TraceAnalysis): TraceCalls {
  const reader = new CallReader()
  const calls = new Map<SpanNode, Call>()
  const requests = new Map<SpanNode, SpanNode>()
  const isInCall = new Set<SpanNode>()
  const paths = new PathIds()
  const byKey = new Map<string, SpanNode[]>()
  for (const node of nodes) {
    const { parent, span } = node
    const request = isRequest(node) ? node : ((parent && requests.get(parent)) ?? node)
    requests.set(node, request)
    const call = reader.read(span)
    const isWithin = parent !== undefined && request !== node && isInCall.has(parent)
    if (call !== undefined || isWithin) isInCall.add(node)
    const path = request === node ? 0 : paths.idOf(parent, span.name)
    paths.set(node, path)
    if (call === undefined || isWithin) continue
    calls.set(node, call)
    const key = `${request.id}\n${request === node ? '' : paths.of(parent)}\n${call.key}`
    const alike = byKey.get(key)
    if (alike === undefined) byKey.set(key, [node])
    else alike.push(node)
  }
  return {
    calls,
    groups: [...byKey.values()].filter(({ length }) => length > 1).map((alike) => groupOf(alike, calls, requests)),
    requestOf: (node) => requests.get(node) ?? node,
  }
}

function isRequest({ span, parent }: SpanNode): boolean {
  if (parent === undefined || span.kind === 'server' || span.kind === 'consumer') return true
  return parent.span.resource.service !== span.resource.service
}

/** Names from the request down to a span, as a number. */
class PathIds {
  readonly #ids = new Map<string, number>()
  readonly #byNode = new Map<SpanNode, number>()

  of(node: SpanNode | undefined): number {
    return (node && this.#byNode.get(node)) ?? 0
  }

  set(node: SpanNode, id: number): void {
    this.#byNode.set(node, id)
  }

  idOf(parent: SpanNode | undefined, name: string): number {
    const key = `${this.of(parent)}\n${name}`
    const found = this.#ids.get(key) ?? this.#ids.size + 1
    this.#ids.set(key, found)
    return found
  }
}

function groupOf(
  alike: readonly SpanNode[],
  calls: ReadonlyMap<SpanNode, Call>,
  requests: ReadonlyMap<SpanNode, SpanNode>,
): CallGroup {
  const nodes = alike.toSorted((a, b) => a.startMicros - b.startMicros)
  const first = nodes[0]
  const call = first && calls.get(first)
  if (first === undefined || call === undefined) throw new Error('a group of no calls')
  let overlapping = 0
  let reached = -Infinity
  for (const { startMicros, endMicros = startMicros } of nodes) {
    if (startMicros + OVERLAP_TOLERANCE_MICROS < reached || (startMicros < reached && endMicros <= reached))
      overlapping += 1
    reached = Math.max(reached, endMicros)
  }
  return {
    call,
    nodes,
    request: requests.get(first) ?? first,
    parent: first.parent,
    busyMicros: nodes.reduce((sum, { durationMicros }) => sum + durationMicros, 0),
    overlapShare: overlapping / (nodes.length - 1),
    failed: nodes.filter(hasFailed).length,
  }
}
