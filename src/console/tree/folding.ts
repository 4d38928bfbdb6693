import type { DrawnSpan } from '../drawn-span.js'
import { covered } from '../../internal/intervals/covered.js'
import { serviceOf } from './service-names.js'
import { blur, facts } from './span-facts.js'
import { logsOf, problemsOf } from './span-problems.js'
import { adopt, byTime, nodeOf, type TreeNode } from './tree-node.js'

/** So many equal siblings are a pattern worth one row rather than many. */
const FEWEST_TO_FOLD = 5
/** Subtrees deeper than this stay as they are: comparing them is recursive, and a runaway recursion may be traced. */
const DEEPEST_TO_FOLD = 50

/** From the leaves up: sorts and folds the children, then sees what the node itself looks like. */
export function settle(order: readonly TreeNode[]): void {
  const shapes = new Map<string, number>()
  for (const node of order.toReversed()) {
    node.children = fold(node.children).sort(byTime)
    node.depth = node.children.reduce((deepest, child) => Math.max(deepest, child.depth + 1), 0)
    if (node.span) node.shape = shapeOf(node, node.span, shapes)
    else node.busy = covered(node.children.flatMap(({ intervals }) => intervals))
  }
}

function shapeOf(node: TreeNode, span: DrawnSpan, shapes: Map<string, number>): number | undefined {
  if (problemsOf(span).length > 0 || logsOf(span).length > 0 || node.depth > DEEPEST_TO_FOLD) return undefined
  const below: number[] = []
  for (const { shape } of node.children) {
    if (shape === undefined) return undefined
    below.push(shape)
  }
  const key = JSON.stringify([
    node.name,
    node.open,
    node.spans.length,
    serviceOf(span),
    facts(span, blur),
    below.sort((a, b) => a - b),
  ])
  const known = shapes.get(key) ?? shapes.size
  shapes.set(key, known)
  return known
}

function fold(siblings: readonly TreeNode[]): TreeNode[] {
  const byShape = new Map<number, TreeNode[]>()
  const kept: TreeNode[] = []
  for (const node of siblings) {
    const alike = node.shape === undefined ? undefined : byShape.get(node.shape)
    if (alike) alike.push(node)
    else if (node.shape !== undefined) byShape.set(node.shape, [node])
    else kept.push(node)
  }
  for (const alike of byShape.values()) {
    const [first] = alike
    if (first && alike.length >= FEWEST_TO_FOLD) kept.push(merge(first, alike))
    else kept.push(...alike)
  }
  return kept
}

/** One node for many whose subtrees look the same; their children are merged in turn, each with its counterparts. */
function merge(first: TreeNode, alike: readonly TreeNode[]): TreeNode {
  const spans = alike.flatMap((node) => node.spans)
  const intervals = alike.flatMap((node) => node.intervals)
  const merged = nodeOf(first.name, spans, intervals, first.open)
  merged.order = first.order
  merged.parent = first.parent
  merged.shape = first.shape
  merged.depth = first.depth
  const counterparts: TreeNode[][] = []
  for (const { children } of alike) {
    const ordered = children.toSorted((a, b) => (a.shape ?? 0) - (b.shape ?? 0))
    for (const [index, child] of ordered.entries()) (counterparts[index] ??= []).push(child)
  }
  for (const equals of counterparts) if (equals[0]) adopt(merged, merge(equals[0], equals))
  merged.children.sort(byTime)
  return merged
}
