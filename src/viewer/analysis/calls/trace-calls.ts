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

/** After such a pause nobody is in the same loop any more: a connection or a job can last for hours. */
const LONGEST_PAUSE_MICROS = 1_000_000

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
  // By index: parents come first, so theirs are known.
  const requests: SpanNode[] = []
  const isInCall = new Uint8Array(nodes.length)
  const paths = new Uint32Array(nodes.length)
  const pathIds = new Map<string, number>()
  const byKey = new Map<string, SpanNode[]>()
  for (const node of nodes) {
    const { parent, span, index } = node
    const request = isRequest(node) ? node : ((parent && requests[parent.index]) ?? node)
    requests.push(request)
    const above = parent === undefined || request === node ? 0 : (paths[parent.index] ?? 0)
    if (request !== node) paths[index] = numberOf(pathIds, `${above}\n${withoutNumbers(span.name)}`)
    const isWithin = parent !== undefined && request !== node && isInCall[parent.index] === 1
    const call = isWithin ? undefined : reader.read(span)
    if (call !== undefined || isWithin) isInCall[index] = 1
    if (call === undefined) continue
    calls.set(node, call)
    const key = `${request.index}\n${above}\n${call.key}`
    const alike = byKey.get(key)
    if (alike === undefined) byKey.set(key, [node])
    else alike.push(node)
  }
  const requestOf = (node: SpanNode): SpanNode => requests[node.index] ?? node
  return {
    calls,
    groups: [...byKey.values()]
      .filter(({ length }) => length > 1)
      .flatMap(burstsOf)
      .map((alike) => groupOf(alike, calls, requestOf)),
    requestOf,
  }
}

function isRequest({ span, parent }: SpanNode): boolean {
  if (parent === undefined || span.kind === 'server' || span.kind === 'consumer') return true
  return parent.span.resource.service !== span.resource.service
}

/** Names of resolvers have the place in their list, names of jobs their id. */
function withoutNumbers(name: string): string {
  return name.replaceAll(/\d+/g, '#')
}

/** A number for each text, from 1. */
function numberOf(numbers: Map<string, number>, text: string): number {
  const number = numbers.get(text) ?? numbers.size + 1
  numbers.set(text, number)
  return number
}

function burstsOf(alike: readonly SpanNode[]): SpanNode[][] {
  const bursts: SpanNode[][] = []
  let reached = -Infinity
  for (const node of alike.toSorted((a, b) => a.startMicros - b.startMicros)) {
    if (node.startMicros > reached + LONGEST_PAUSE_MICROS) bursts.push([])
    bursts.at(-1)?.push(node)
    reached = Math.max(reached, node.endMicros ?? node.startMicros)
  }
  return bursts.filter(({ length }) => length > 1)
}

function groupOf(
  nodes: readonly SpanNode[],
  calls: ReadonlyMap<SpanNode, Call>,
  requestOf: (node: SpanNode) => SpanNode,
): CallGroup {
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
    request: requestOf(first),
    parent: first.parent,
    busyMicros: nodes.reduce((sum, { durationMicros }) => sum + durationMicros, 0),
    overlapShare: overlapping / (nodes.length - 1),
    failed: nodes.filter(hasFailed).length,
  }
}
