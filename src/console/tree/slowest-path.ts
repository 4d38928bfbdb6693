import { durationOf } from '../drawing/durations.js'
import { covered, type Interval } from '../../internal/intervals/covered.js'
import type { Paint } from '../drawing/paint.js'
import { cut, widthOf } from '../drawing/terminal-text.js'
import { firstStart, lastEnd, type TreeNode } from './tree-node.js'

/** Follows the time down: from each span to its longest child, until the span's own work outweighs any child. */
export function slowestPath(roots: readonly TreeNode[]): TreeNode[] {
  const path: TreeNode[] = []
  let level = roots
  let own = 0
  while (level.length > 0) {
    const slowest = level.reduce((a, b) => (b.busy > a.busy ? b : a))
    if (slowest.busy < own || slowest.busy === 0) break
    path.push(slowest)
    level = slowest.children
    const [start, end] = [firstStart(slowest), lastEnd(slowest)]
    const inChildren = level
      .flatMap(({ intervals }) => intervals)
      .map(([from, to]): Interval => [Math.max(from, start), Math.min(to, end)])
    own = slowest.span ? slowest.busy - covered(inChildren) : 0
  }
  return path
}

export function pathLine(path: readonly TreeNode[], axis: Interval, columns: number, paint: Paint): string[] {
  const steps = path
    .filter(({ span }) => span !== undefined)
    .map((node) => `${cut(node.name, 30)}${node.spans.length > 1 ? ` ×${node.spans.length}` : ''} ${durationOf(node)}`)
  if (steps.length < 2) return []
  const share = Math.round((100 * (path.at(-1)?.busy ?? 0)) / (axis[1] - axis[0] || 1))
  const title = 'slowest path █ '
  const end = ` (${share} %)`
  const room = columns - widthOf(title + end)
  // The end of the path is where the time goes, so it is the beginning that gives way.
  let shown = ''
  for (const step of steps.toReversed()) {
    const longer = shown ? `${step} → ${shown}` : step
    if (shown && widthOf(longer) > room - widthOf('… → ')) {
      shown = `… → ${shown}`
      break
    }
    shown = longer
  }
  return [paint.yellow(title) + cut(shown, room) + paint.dim(end)]
}
