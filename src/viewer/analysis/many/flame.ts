import type { TraceAnalysis } from '../trace-analysis.js'
import { OperationPaths, type OperationPath } from './operation-paths.js'
import { weightOfTrace } from './weight.js'

/** One operation in the flame of many traces. */
export interface FlameNode {
  readonly service: string
  readonly name: string
  readonly depth: number
  /** The mean of its self time in a trace; traces without it count as 0. */
  readonly selfMicros: number
  /** Its width: its self time and the widths of its children. */
  readonly widthMicros: number
  /** Its spans in all traces. */
  readonly count: number
  readonly failed: number
  /** In how many traces it is. */
  readonly traces: number
  /** How many of one parent's ran at once, at most. */
  readonly atOnce: number
  /** The widest first. */
  readonly children: readonly FlameNode[]
}

type Draft = { -readonly [Key in keyof FlameNode]: Key extends 'children' ? Draft[] : FlameNode[Key] }

/** All traces of a selection on top of one another, by operation; the widest first. */
export function flameOf(traces: readonly TraceAnalysis[]): FlameNode[] {
  const paths = new OperationPaths()
  const drafts = new Map<OperationPath, Draft>()
  let weights = 0
  for (const trace of traces) {
    const weight = weightOfTrace(trace)
    weights += weight
    for (const [path, measure] of paths.measure(trace)) {
      const draft = drafts.get(path) ?? draftOf(path)
      drafts.set(path, draft)
      draft.selfMicros += measure.selfMicros * weight
      draft.count += measure.count
      draft.failed += measure.failed
      draft.traces += 1
      draft.atOnce = Math.max(draft.atOnce, measure.atOnce)
    }
  }
  return assemble(drafts, weights)
}

function draftOf({ service, name, depth }: OperationPath): Draft {
  return {
    service,
    name,
    depth,
    selfMicros: 0,
    widthMicros: 0,
    count: 0,
    failed: 0,
    traces: 0,
    atOnce: 1,
    children: [],
  }
}

/** From the leaves up: the deepest first, so that a child's width is known before its parent's. */
function assemble(drafts: ReadonlyMap<OperationPath, Draft>, weights: number): FlameNode[] {
  const tops: Draft[] = []
  for (const [path, draft] of [...drafts].sort(([a], [b]) => b.depth - a.depth)) {
    draft.selfMicros /= weights
    draft.widthMicros += draft.selfMicros
    draft.children.sort(byWidth)
    const parent = path.parent && drafts.get(path.parent)
    if (parent === undefined) tops.push(draft)
    else {
      parent.children.push(draft)
      parent.widthMicros += draft.widthMicros
    }
  }
  return tops.sort(byWidth)
}

function byWidth(a: FlameNode, b: FlameNode): number {
  return b.widthMicros - a.widthMicros
}
