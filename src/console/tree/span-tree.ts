import { settle } from './folding.js'
import { axisOf, endOf } from './intervals.js'
import { clean } from '../drawing/terminal-text.js'
import type { DrawnSpan } from '../drawn-span.js'
import type { TracePiece } from '../trace-piece.js'
import { adopt, byTime, nodeOf, type TreeNode } from './tree-node.js'

export function growTree({ spans, open = [], nameOf }: TracePiece<DrawnSpan>): TreeNode[] {
  const [, lastKnown] = axisOf({ spans, open })
  const nodes = [
    ...spans.map((span) => nodeOf(clean(span.name), [span], [[span.startMicros, endOf(span)]])),
    ...open.map((span) => nodeOf(clean(span.name), [span], [[span.startMicros, lastKnown]], true)),
  ]
  const byId = new Map(nodes.map((node) => [node.span?.spanId, node]))
  const roots: TreeNode[] = []
  for (const node of nodes) {
    const parentId = node.span?.parentSpanId
    let parent = parentId === undefined ? undefined : byId.get(parentId)
    if (node.span && parentId !== undefined && !parent) {
      parent = nodeOf(missingParent(node.span, clean(parentId), nameOf?.(parentId)))
      byId.set(parentId, parent)
      roots.push(parent)
    }
    if (parent) adopt(parent, node)
    else roots.push(node)
  }
  for (const [index, node] of nodes.entries()) node.order = index
  settle(parentsFirst(roots, nodes))
  return roots.sort(byTime)
}

function missingParent({ isParentRemote }: DrawnSpan, id: string, earlier: string | undefined): string {
  if (earlier !== undefined) return `${clean(earlier)} (${id}, above)`
  if (isParentRemote === undefined) return `parent ${id} did not arrive`
  return `${isParentRemote ? 'remote parent' : 'parent'} ${id}`
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
