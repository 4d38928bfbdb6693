import type { Interval } from '../../internal/intervals/covered.js'
import type { ReceivedSpan } from '../model/received-span.js'
import { blocks, toleranceOf } from './blocking.js'
import { correctClocks, type ClockSkew } from './clock-skew.js'
import { criticalPathOf, type CriticalPath } from './critical-path.js'
import { errorOriginsOf, type ErrorOrigin } from './error-origins.js'
import { lengthOf, uncovered } from './intervals.js'
import type { DraftNode, SpanNode } from './span-node.js'
import { treeOf } from './tree.js'

/** A parent that never arrived, with what is below it. */
export interface MissingParent {
  readonly spanId: string
  readonly children: readonly SpanNode[]
}

/** What one trace shows. Made anew when a span arrives late. Times are microseconds since `startMicros`. */
export interface TraceAnalysis {
  readonly traceId: string
  /** When its first span started, in microseconds since the Unix epoch. */
  readonly startMicros: number
  /** From there to its last end. */
  readonly durationMicros: number
  /** In the order of a waterfall: parents before children, siblings by start. */
  readonly nodes: readonly SpanNode[]
  /** By `id`. */
  readonly byId: ReadonlyMap<string, SpanNode>
  /** Spans without a parent, by start. */
  readonly roots: readonly SpanNode[]
  /** Spans whose parents never arrived, by start. */
  readonly orphans: readonly SpanNode[]
  readonly missingParents: readonly MissingParent[]
  /** The longest span without a parent, or else the earliest orphan. `undefined` only for no spans at all. */
  readonly mainRoot: SpanNode | undefined
  /** The main root's duration. `undefined` while it has not ended. */
  readonly answeredMicros: number | undefined
  /** What came after the main root's end; 0 where nothing did. */
  readonly goesOnMicros: number
  /** Of the main root; `undefined` while that has not ended. */
  readonly criticalPath: CriticalPath | undefined
  /** In the order of the alphabet. */
  readonly services: readonly string[]
  readonly clockSkews: readonly ClockSkew[]
  /** Those that explain the most first. */
  readonly errorOrigins: readonly ErrorOrigin[]
  /** Spans that arrived twice, and are counted once. */
  readonly repeatedSpans: number
}

export interface AnalysisOptions {
  /** Leaves all times as they were sent. */
  readonly keepsClocks?: boolean
  /** Where timing cannot tell which of several was waited for, takes the second candidate instead of the first. */
  readonly takesOtherReading?: boolean
}

/** The spans of one trace, in any order. Pure; n log n in their number. */
export function analyseTrace(spans: readonly ReceivedSpan[], options: AnalysisOptions = {}): TraceAnalysis {
  const tree = treeOf(spans)
  const tops = [...tree.roots, ...tree.orphans]
  const clockSkews = options.keepsClocks === true ? [] : correctClocks(preorder(tops))
  const startMicros = setTimes(tree.nodes)
  for (const { children } of tree.nodes) if (children.length > 1) children.sort(byStart)
  const nodes = preorder(tops.sort(byStart))
  for (const node of nodes) setWaiting(node)
  const roots = tree.roots.toSorted(byStart)
  const orphans = tree.orphans.toSorted(byStart)
  const mainRoot = longest(roots) ?? orphans[0]
  const lastEnd = nodes.reduce((latest, node) => Math.max(latest, node.endMicros ?? node.startMicros), 0)
  return {
    traceId: spans[0]?.traceId ?? '',
    startMicros,
    durationMicros: lastEnd,
    nodes,
    byId: new Map(nodes.map((node) => [node.id, node])),
    roots,
    orphans,
    missingParents: missingParentsOf(orphans),
    mainRoot,
    answeredMicros: mainRoot?.endMicros === undefined ? undefined : mainRoot.durationMicros,
    goesOnMicros: mainRoot?.endMicros === undefined ? 0 : lastEnd - mainRoot.endMicros,
    criticalPath: mainRoot && criticalPathOf(mainRoot, options.takesOtherReading),
    services: [...new Set(nodes.map(({ span }) => span.resource.service))].sort(),
    clockSkews,
    errorOrigins: errorOriginsOf(nodes),
    repeatedSpans: tree.repeatedSpans,
  }
}

/** The pieces of a span's time that none of its blocking children covers. */
export function selfIntervals(node: SpanNode): Interval[] {
  if (node.endMicros === undefined) return []
  const waitedFor = node.children
    .filter(({ isBlocking }) => isBlocking)
    .map((child): Interval => [child.startMicros, child.endMicros ?? child.startMicros])
  return uncovered([node.startMicros, node.endMicros], waitedFor)
}

/** Relative to the earliest start, which is returned. */
function setTimes(nodes: readonly DraftNode[]): number {
  let first = Infinity
  for (const { span, shiftMicros } of nodes) first = Math.min(first, span.startMicros + shiftMicros)
  if (first === Infinity) return 0
  for (const node of nodes) {
    const { startMicros, endMicros } = node.span
    node.startMicros = startMicros + node.shiftMicros - first
    node.durationMicros = 0
    node.pathMicros = 0
    if (endMicros === undefined || endMicros < startMicros) continue
    node.durationMicros = endMicros - startMicros
    node.endMicros = node.startMicros + node.durationMicros
  }
  return first
}

/** Depth, what was waited for, and what that leaves of the span's own time. */
function setWaiting(node: DraftNode): void {
  for (const child of node.children) {
    child.depth = node.depth + 1
    child.isBlocking = blocks(node, child)
    child.outlivesParent =
      node.endMicros !== undefined && (child.endMicros ?? child.startMicros) > node.endMicros + toleranceOf(node)
  }
  node.selfMicros = node.children.length === 0 ? node.durationMicros : lengthOf(selfIntervals(node))
}

function preorder(tops: readonly DraftNode[]): DraftNode[] {
  const order: DraftNode[] = []
  const stack = tops.toReversed()
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    node.index = order.length
    order.push(node)
    for (let i = node.children.length - 1; i >= 0; i--) {
      const child = node.children[i]
      if (child !== undefined) stack.push(child)
    }
  }
  return order
}

/** Of spans that begin and end at the same time, the ids decide, so that the order in which they arrived does not. */
function byStart(a: SpanNode, b: SpanNode): number {
  return (
    a.startMicros - b.startMicros || (a.endMicros ?? Infinity) - (b.endMicros ?? Infinity) || (a.id < b.id ? -1 : 1)
  )
}

function longest(roots: readonly DraftNode[]): DraftNode | undefined {
  return roots.reduce<DraftNode | undefined>(
    (best, root) => (best === undefined || root.durationMicros > best.durationMicros ? root : best),
    undefined,
  )
}

function missingParentsOf(orphans: readonly SpanNode[]): MissingParent[] {
  const byParent = Map.groupBy(orphans, ({ span }) => span.parentSpanId ?? '')
  return Array.from(byParent, ([spanId, children]) => ({ spanId, children }))
}
