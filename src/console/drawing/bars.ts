import type { Interval } from '../../internal/intervals/covered.js'
import type { Paint } from './paint.js'
import { hasFailed } from '../tree/span-problems.js'
import type { TreeNode } from '../tree/tree-node.js'

export function bar(
  node: TreeNode,
  { axis, width, onPath }: { axis: Interval; width: number; onPath: boolean },
): string {
  const perCell = (axis[1] - axis[0]) / width || 1
  const cells = new Array<string>(width).fill(' ')
  for (const [start, end] of node.intervals) {
    const from = Math.min(Math.max(Math.floor((start - axis[0]) / perCell), 0), width - 1)
    const to = Math.min(Math.max(Math.round((end - axis[0]) / perCell), from + 1), width)
    cells.fill(onPath ? '█' : '▒', from, to)
    if (node.open) cells.fill('┄', from + 1, width)
  }
  return cells.join('').trimEnd()
}

export function barPaint(node: TreeNode, onPath: boolean, { red, yellow, cyan }: Paint): (text: string) => string {
  if (node.spans.some(hasFailed)) return red
  return onPath ? yellow : cyan
}
