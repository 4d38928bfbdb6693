import { humanDuration } from '../../internal/text/human-duration.js'
import { isSequential, totalOf, type TreeNode } from '../tree/tree-node.js'

export function durationOf(node: TreeNode): string {
  if (!node.span) return ''
  return node.open ? 'open' : humanDuration(isSequential(node) ? totalOf(node) : node.busy)
}
