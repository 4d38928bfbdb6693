import { textOf } from '../attributes.js'
import type { Call } from '../calls/call.js'
import { callsOf } from '../calls/trace-calls.js'
import { hasFailed } from '../error-origins.js'
import type { SpanNode } from '../span-node.js'
import type { TraceAnalysis } from '../trace-analysis.js'
import { distributionOf, type Distribution, type Sample } from './numbers.js'
import { weightOf } from './weight.js'

/** `external`: a service that was called and sent no spans. */
export type MapNodeKind = 'service' | 'database' | 'cache' | 'queue' | 'external'

export interface MapNode {
  /** Unique in the map. */
  readonly id: string
  readonly kind: MapNodeKind
  readonly name: string
  /** Spans: all of a service, and the calls to anything else. */
  readonly spans: number
}

export interface MapEdge {
  readonly from: string
  readonly to: string
  /** Calls that were seen, and what they stand for. */
  readonly calls: number
  readonly weighted: number
  readonly failed: number
  /** How long the callers waited. */
  readonly durations: Distribution
  /** What of it passed before and after the called service's own span; absent where there are no such pairs. */
  readonly network?: Distribution
}

export interface ServiceMap {
  readonly nodes: readonly MapNode[]
  readonly edges: readonly MapEdge[]
}

/** Who calls whom. A call that both sides tell of counts once. */
export function serviceMap(traces: readonly TraceAnalysis[]): ServiceMap {
  const draft = new Draft()
  const services = new Map<string, string>()
  for (const { nodes, traceId } of traces) {
    for (const node of nodes) services.set(`${traceId}\n${node.span.spanId}`, node.span.resource.service)
  }
  for (const trace of traces) addTrace(trace, draft, services)
  return draft.map()
}

function addTrace(trace: TraceAnalysis, draft: Draft, services: ReadonlyMap<string, string>): void {
  const { calls } = callsOf(trace)
  for (const node of trace.nodes) {
    const { span, parent } = node
    const { service } = span.resource
    draft.see('service', service)
    const queue = queueOf(node)
    if (span.kind === 'consumer' && queue !== undefined) {
      draft.add({ from: draft.at('queue', queue), to: draft.at('service', service), node, duration: node })
      continue
    }
    if (span.kind === 'producer') {
      if (queue !== undefined) {
        draft.add({ from: draft.at('service', service), to: draft.see('queue', queue), node, duration: node })
      }
      continue
    }
    const caller = callerOf(node, services)
    if (caller !== undefined && caller !== service) {
      const client = parent?.span.kind === 'client' ? parent : undefined
      const from = draft.at('service', caller)
      draft.add({ from, to: draft.at('service', service), node, duration: client ?? node, client })
    }
    const call = calls.get(node)
    if (call === undefined || isAnswered(node)) continue
    const leaf = leafOf(node, call)
    if (leaf === undefined) continue
    draft.add({ from: draft.at('service', service), to: draft.see(leaf.kind, leaf.name), node, duration: node })
  }
}

/** The service of the span above; for a consumer that only links to its producer, that one's. */
function callerOf({ parent, span }: SpanNode, services: ReadonlyMap<string, string>): string | undefined {
  if (parent !== undefined) return parent.span.resource.service
  if (span.kind !== 'consumer') return undefined
  return span.links
    .map((link) => services.get(`${link.traceId}\n${link.spanId}`))
    .find((service) => service !== undefined)
}

function isAnswered(node: SpanNode): boolean {
  return node.children.some(
    ({ span }) => span.kind === 'server' || span.resource.service !== node.span.resource.service,
  )
}

function leafOf({ span }: SpanNode, { kind, target, access }: Call): { kind: MapNodeKind; name: string } | undefined {
  if (target === undefined || target === '' || access === 'control') return undefined
  if (kind === 'database' || kind === 'cache') return { kind, name: textOf(span.attributes, 'peer.service') ?? target }
  return { kind: 'external', name: target }
}

function queueOf({ span }: SpanNode): string | undefined {
  return textOf(span.attributes, 'messaging.destination.name', 'messaging.destination', 'kafka.topic')
}

interface EdgeDraft {
  readonly from: string
  readonly to: string
  calls: number
  weighted: number
  failed: number
  readonly durations: Sample[]
  readonly network: Sample[]
}

class Draft {
  readonly #nodes = new Map<string, { kind: MapNodeKind; name: string; spans: number }>()
  readonly #edges = new Map<string, EdgeDraft>()

  /** The id of a node that is there from now on, and of one span more. */
  see(kind: MapNodeKind, name: string): string {
    const id = this.at(kind, name)
    const node = this.#nodes.get(id)
    if (node !== undefined) node.spans += 1
    return id
  }

  at(kind: MapNodeKind, name: string): string {
    const id = `${kind}:${name}`
    if (!this.#nodes.has(id)) this.#nodes.set(id, { kind, name, spans: 0 })
    return id
  }

  add(call: { from: string; to: string; node: SpanNode; duration: SpanNode; client?: SpanNode | undefined }): void {
    const { from, to, node, duration, client } = call
    const key = `${from}\n${to}`
    const edge = this.#edges.get(key) ?? { from, to, calls: 0, weighted: 0, failed: 0, durations: [], network: [] }
    this.#edges.set(key, edge)
    const weight = weightOf(node.span)
    edge.calls += 1
    edge.weighted += weight
    if (hasFailed(node) || (client !== undefined && hasFailed(client))) edge.failed += 1
    if (duration.endMicros !== undefined) edge.durations.push({ micros: duration.durationMicros, weight })
    if (client?.endMicros === undefined || node.endMicros === undefined) return
    edge.network.push({ micros: Math.max(client.durationMicros - node.durationMicros, 0), weight })
  }

  map(): ServiceMap {
    return {
      nodes: Array.from(this.#nodes, ([id, node]) => ({ id, ...node })),
      edges: Array.from(this.#edges.values(), ({ durations, network, ...edge }) => ({
        ...edge,
        durations: distributionOf(durations),
        ...(network.length > 0 && { network: distributionOf(network) }),
      })).sort((a, b) => b.weighted - a.weighted),
    }
  }
}
