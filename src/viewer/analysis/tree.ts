import type { ReceivedSpan } from '../model/received-span.js'
import { draftNode, type DraftNode } from './span-node.js'

export interface Tree {
  /** In the order of arrival. */
  readonly nodes: readonly DraftNode[]
  /** Spans without a parent, and those where a circle was cut. */
  readonly roots: readonly DraftNode[]
  /** Spans whose parent never arrived. */
  readonly orphans: readonly DraftNode[]
  /** Spans that arrived twice, the same in everything: counted once. */
  readonly repeatedSpans: number
}

/** Links never make parents: they may lead to other traces, and a span can have many. */
export function treeOf(spans: readonly ReceivedSpan[]): Tree {
  const index = indexOf(spans)
  const { nodes, repeatedSpans } = index
  const roots: DraftNode[] = []
  const orphans: DraftNode[] = []
  for (const node of nodes) {
    const parent = parentOf(node, index)
    if (parent !== undefined) adopt(parent, node)
    else if (node.span.parentSpanId === undefined) roots.push(node)
    else orphans.push(node)
  }
  roots.push(...cutCircles(nodes, [...roots, ...orphans]))
  return { nodes, roots, orphans, repeatedSpans }
}

interface Index {
  readonly nodes: DraftNode[]
  /** The first span with each id. */
  readonly byId: Map<string, DraftNode>
  /** Ids that several spans have. */
  readonly shared: Map<string, SharedId>
  repeatedSpans: number
}

/** The spans of one id, as their children look for a parent: no list, for a broken sender gives all spans one id. */
interface SharedId {
  readonly known: Set<string>
  readonly client: DraftNode | undefined
  readonly server: DraftNode | undefined
  readonly byService: Map<string, DraftNode>
}

function indexOf(spans: readonly ReceivedSpan[]): Index {
  const index: Index = { nodes: [], byId: new Map(), shared: new Map(), repeatedSpans: 0 }
  for (const span of spans) {
    const first = index.byId.get(span.spanId)
    if (first !== undefined) addSecond(index, first, span)
    else {
      const node = draftNode(span, span.spanId)
      index.nodes.push(node)
      index.byId.set(span.spanId, node)
    }
  }
  return index
}

function addSecond(index: Index, first: DraftNode, span: ReceivedSpan): void {
  const shared =
    index.shared.get(span.spanId) ??
    withSecond({ known: new Set(), client: undefined, server: undefined, byService: new Map() }, first)
  const size = shared.known.size
  if (shared.known.has(contentOf(span))) {
    index.repeatedSpans += 1
    return
  }
  const node = draftNode(span, `${span.spanId}#${size + 1}`)
  node.hasTakenId = true
  first.hasTakenId = true
  index.nodes.push(node)
  index.shared.set(span.spanId, withSecond(shared, node))
}

function withSecond(shared: SharedId, node: DraftNode): SharedId {
  const { kind, resource } = node.span
  shared.known.add(contentOf(node.span))
  if (kind === 'server' || !shared.byService.has(resource.service)) shared.byService.set(resource.service, node)
  return {
    ...shared,
    client: shared.client ?? (kind === 'client' ? node : undefined),
    server: shared.server ?? (kind === 'server' ? node : undefined),
  }
}

/** The same for a span that an exporter sent again because it had no answer. */
function contentOf({ startMicros, endMicros, name, kind, parentSpanId, resource }: ReceivedSpan): string {
  return [startMicros, endMicros, name, kind, parentSpanId, resource.service].join('\n')
}

/**
 * Of several spans with one id, Zipkin's server half is below the client half, and what has the id as its parent is
 * below the half of its own service, or else below the server, which works for the client.
 */
function parentOf(node: DraftNode, { byId, shared }: Index): DraftNode | undefined {
  const { kind, spanId, parentSpanId, resource } = node.span
  const client = kind === 'server' && node.hasTakenId ? shared.get(spanId)?.client : undefined
  if (client !== undefined) return client
  if (parentSpanId === undefined) return undefined
  const candidates = shared.get(parentSpanId)
  return candidates?.byService.get(resource.service) ?? candidates?.server ?? byId.get(parentSpanId)
}

function adopt(parent: DraftNode, child: DraftNode): void {
  child.parent = parent
  parent.children.push(child)
}

/** Spans that no top leads to are on a circle, or below one. Each circle is cut above its earliest span. */
function cutCircles(nodes: readonly DraftNode[], tops: readonly DraftNode[]): DraftNode[] {
  const reached = new Set<DraftNode>()
  reach(tops, reached)
  if (reached.size === nodes.length) return []
  const cuts: DraftNode[] = []
  for (const node of nodes) {
    if (reached.has(node)) continue
    const start = earliestOnCircle(node)
    const above = start.parent
    if (above !== undefined) above.children = above.children.filter((child) => child !== start)
    start.parent = undefined
    start.isCycleStart = true
    cuts.push(start)
    reach([start], reached)
  }
  return cuts
}

function reach(tops: readonly DraftNode[], reached: Set<DraftNode>): void {
  const stack = [...tops]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    reached.add(node)
    for (const child of node.children) stack.push(child)
  }
}

function earliestOnCircle(node: DraftNode): DraftNode {
  const seen = new Set<DraftNode>()
  let at = node
  while (!seen.has(at)) {
    seen.add(at)
    if (at.parent === undefined) return at
    at = at.parent
  }
  let earliest = at
  for (let next = at.parent; next !== undefined && next !== at; next = next.parent) {
    if (next.span.startMicros < earliest.span.startMicros) earliest = next
  }
  return earliest
}
