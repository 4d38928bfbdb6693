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
  const { nodes, byId, repeatedSpans } = index(spans)
  const roots: DraftNode[] = []
  const orphans: DraftNode[] = []
  for (const node of nodes) {
    const parent = parentOf(node, byId)
    if (parent !== undefined) adopt(parent, node)
    else if (node.span.parentSpanId === undefined) roots.push(node)
    else orphans.push(node)
  }
  roots.push(...cutCircles(nodes, [...roots, ...orphans]))
  return { nodes, roots, orphans, repeatedSpans }
}

function index(spans: readonly ReceivedSpan[]): {
  nodes: DraftNode[]
  byId: Map<string, DraftNode[]>
  repeatedSpans: number
} {
  const nodes: DraftNode[] = []
  const byId = new Map<string, DraftNode[]>()
  let repeatedSpans = 0
  for (const span of spans) {
    const same = byId.get(span.spanId)
    if (same === undefined) {
      const node = draftNode(span, span.spanId)
      nodes.push(node)
      byId.set(span.spanId, [node])
    } else if (same.some((node) => isSentTwice(node.span, span))) repeatedSpans += 1
    else {
      const node = draftNode(span, `${span.spanId}#${same.length + 1}`)
      nodes.push(node)
      same.push(node)
      for (const each of same) each.hasTakenId = true
    }
  }
  return { nodes, byId, repeatedSpans }
}

/** What an exporter that had no answer sends again. */
function isSentTwice(a: ReceivedSpan, b: ReceivedSpan): boolean {
  return (
    a.startMicros === b.startMicros &&
    a.endMicros === b.endMicros &&
    a.name === b.name &&
    a.kind === b.kind &&
    a.parentSpanId === b.parentSpanId &&
    a.resource.service === b.resource.service
  )
}

/**
 * Of several spans with one id, Zipkin's server half is below the client half, and what has the id as its parent is
 * below the half of its own service, or else below the server, which works for the client.
 */
function parentOf(node: DraftNode, byId: ReadonlyMap<string, readonly DraftNode[]>): DraftNode | undefined {
  if (node.span.kind === 'server' && node.hasTakenId) {
    const client = byId.get(node.span.spanId)?.find(({ span }) => span.kind === 'client')
    if (client !== undefined) return client
  }
  const { parentSpanId, resource } = node.span
  const candidates = parentSpanId === undefined ? [] : (byId.get(parentSpanId) ?? [])
  if (candidates.length < 2) return candidates[0]
  return (
    candidates.find(({ span }) => span.kind === 'server' && span.resource.service === resource.service) ??
    candidates.find(({ span }) => span.resource.service === resource.service) ??
    candidates.find(({ span }) => span.kind === 'server') ??
    candidates[0]
  )
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
