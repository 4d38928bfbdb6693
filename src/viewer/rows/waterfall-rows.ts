import type { SpanNode } from '../analysis/span-node.js'
import type { TraceAnalysis } from '../analysis/trace-analysis.js'
import { foldedSiblings, type Shapes } from './fold.js'

export type WaterfallMode = 'all' | 'path' | 'errors'

export interface RowOptions {
  /** Which spans to show, each with its ancestors. */
  readonly mode: WaterfallMode
  /** Keys of rows whose children are hidden. */
  readonly closed: ReadonlySet<string>
  /** Keys of folded rows that are shown one by one. */
  readonly opened: ReadonlySet<string>
}

export type WaterfallRow =
  | {
      readonly type: 'span'
      readonly key: string
      readonly level: number
      readonly node: SpanNode
      readonly hasChildren: boolean
      readonly isExpanded: boolean
    }
  | {
      /** Alike siblings as one row. */
      readonly type: 'folded'
      readonly key: string
      readonly level: number
      readonly nodes: readonly SpanNode[]
    }
  | {
      /** A parent that never arrived, above those that name it. */
      readonly type: 'missing'
      readonly key: string
      readonly level: number
      readonly spanId: string
      readonly count: number
      readonly isExpanded: boolean
    }

type Task = { readonly level: number } & (
  { readonly nodes: readonly SpanNode[] } | { readonly missing: string; readonly orphans: readonly SpanNode[] }
)

export function foldKey(node: SpanNode): string {
  return `fold:${node.id}`
}

/** The rows from top to bottom: the main root and what is below it first, then what else the trace has. */
export function waterfallRows(trace: TraceAnalysis, shapes: Shapes, options: RowOptions): WaterfallRow[] {
  const shown = shownIn(trace, options.mode)
  const rows: WaterfallRow[] = []
  const tasks: Task[] = topOf(trace, shown).reverse()
  const push = (children: readonly SpanNode[], level: number): void => {
    const visible = shown ? children.filter((child) => shown.has(child)) : children
    const groups = foldedSiblings(visible, shapes)
    for (let index = groups.length - 1; index >= 0; index--) {
      const nodes = groups[index]
      if (nodes !== undefined) tasks.push({ nodes, level })
    }
  }
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const { level } = task
    if ('missing' in task) {
      const key = `missing:${task.missing}`
      const isExpanded = !options.closed.has(key)
      rows.push({ type: 'missing', key, level, spanId: task.missing, count: task.orphans.length, isExpanded })
      if (isExpanded) push(task.orphans, level + 1)
      continue
    }
    const [node, ...others] = task.nodes
    if (node === undefined) continue
    if (others.length > 0) {
      const key = foldKey(node)
      if (options.opened.has(key)) {
        for (const each of task.nodes.toReversed()) tasks.push({ nodes: [each], level })
      } else rows.push({ type: 'folded', key, level, nodes: task.nodes })
      continue
    }
    const hasChildren = shown ? node.children.some((child) => shown.has(child)) : node.children.length > 0
    const isExpanded = hasChildren && !options.closed.has(node.id)
    rows.push({ type: 'span', key: node.id, level, node, hasChildren, isExpanded })
    if (isExpanded) push(node.children, level + 1)
  }
  return rows
}

function topOf({ mainRoot, roots, missingParents }: TraceAnalysis, shown: ReadonlySet<SpanNode> | undefined): Task[] {
  const tops: { at: number; task: Task }[] = []
  for (const root of roots) {
    if (shown && !shown.has(root)) continue
    tops.push({ at: root === mainRoot ? -Infinity : root.startMicros, task: { level: 1, nodes: [root] } })
  }
  for (const { spanId, children } of missingParents) {
    const orphans = shown ? children.filter((orphan) => shown.has(orphan)) : children
    const [first] = orphans
    if (first === undefined) continue
    const at = mainRoot && orphans.includes(mainRoot) ? -Infinity : first.startMicros
    tops.push({ at, task: { level: 1, missing: spanId, orphans } })
  }
  return tops.sort((a, b) => (a.at === b.at ? 0 : a.at - b.at)).map(({ task }) => task)
}

/** The spans of a mode with their ancestors; `undefined` for all. */
function shownIn({ nodes, criticalPath }: TraceAnalysis, mode: WaterfallMode): ReadonlySet<SpanNode> | undefined {
  if (mode === 'all') return undefined
  const shown = new Set<SpanNode>()
  const wanted =
    mode === 'path'
      ? (criticalPath?.sections ?? []).map(({ node }) => node)
      : nodes.filter(({ span }) => span.status === 'error')
  for (const node of wanted) {
    for (let at: SpanNode | undefined = node; at !== undefined && !shown.has(at); at = at.parent) shown.add(at)
  }
  return shown
}
