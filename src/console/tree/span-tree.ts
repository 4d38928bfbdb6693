import { settle } from './folding.js'
import { axisOf, endOf, startOf } from './intervals.js'
import { clean } from '../drawing/terminal-text.js'
import type { TracePiece } from '../trace-piece.js'
import { adopt, byTime, nodeOf, type TreeNode } from './tree-node.js'

export function growTree({ spans, open = [], nameOf }: TracePiece): TreeNode[] {
  const [, lastKnown] = axisOf({ spans, open })
  const nodes = [
    ...spans.map((span) => nodeOf(clean(span.name), [span], [[startOf(span), endOf(span)]])),
    ...open.map((span) => nodeOf(clean(span.name), [span], [[startOf(span), lastKnown]], true)),
  ]
  const byId = new Map(nodes.map((node) => [node.span?.spanContext().spanId, node]))
  const roots: TreeNode[] = []
  for (const node of nodes) {
    const parentContext = node.span?.parentSpanContext
    let parent = parentContext && byId.get(parentContext.spanId)
    if (parentContext && !parent) {
      const id = clean(parentContext.spanId)
      const earlier = nameOf?.(parentContext.spanId)
      const kind = parentContext.isRemote ? 'remote parent' : 'parent'
      parent = nodeOf(earlier === undefined ? `${kind} ${id}` : `${clean(earlier)} (${id}, above)`)
      byId.set(parentContext.spanId, parent)
      roots.push(parent)
    }
    if (parent) adopt(parent, node)
    else roots.push(node)
  }
  for (const [index, node] of nodes.entries()) node.order = index
  settle(parentsFirst(roots, nodes))
  return roots.sort(byTime)
}

/** Every node, parents before children. Spans that are each other's ancestors are cut loose, so that none is lost. */
function parentsFirst(roots: TreeNode[], all: readonly TreeNode[]): TreeNode[] {
  const order = new Set<TreeNode>(roots)
  for (const node of order) for (const child of node.children) order.add(child)
  for (const stray of all) {
    if (order.has(stray)) continue
    if (stray.parent) stray.parent.children = stray.parent.children.filter((child) => child !== stray)
    stray.parent = undefined
    roots.push(stray)
    order.add(stray)
    for (const node of order) for (const child of node.children) order.add(child)
  }
  return [...order]
}
