import type { PathSection } from '../analysis/critical-path.js'
import type { SpanNode } from '../analysis/span-node.js'
import type { TraceAnalysis } from '../analysis/trace-analysis.js'
import type { WaterfallRow } from './waterfall-rows.js'

/** A row as it is drawn, made of plain values so that the server can send it. Times are microseconds since the trace's start. */
export interface RowView {
  readonly key: string
  readonly type: WaterfallRow['type']
  readonly level: number
  /** Whether its children are shown; absent where it has none. */
  readonly isExpanded?: boolean
  readonly service: string
  readonly name: string
  /** The span to select; of a folded row the first. */
  readonly spanKey: string
  /** How many spans it stands for. */
  readonly count: number
  readonly bars: readonly (readonly [start: number, end: number])[]
  /** Of a folded row: of all its spans together. */
  readonly durationMicros: number
  readonly hasEnded: boolean
  readonly isError: boolean
  readonly isOrigin: boolean
  /** Its sections of the critical path; those that timing cannot prove are assumed. */
  readonly path: readonly (readonly [start: number, end: number, isAssumed: boolean])[]
  /** What is odd about it, in a few words each. */
  readonly marks: readonly string[]
}

/** What rows need of the analysis, made once for all of them. */
export interface RowContext {
  readonly sections: ReadonlyMap<SpanNode, readonly PathSection[]>
  readonly origins: ReadonlySet<SpanNode>
}

export function rowContext({ criticalPath, errorOrigins }: TraceAnalysis): RowContext {
  return {
    sections: Map.groupBy(criticalPath?.sections ?? [], ({ node }) => node),
    origins: new Set(errorOrigins.map(({ node }) => node)),
  }
}

export function rowView(row: WaterfallRow, context: RowContext): RowView {
  switch (row.type) {
    case 'missing':
      return {
        ...row,
        service: '',
        name: `parent ${row.spanId.slice(0, 8)}… never arrived`,
        spanKey: row.key,
        bars: [],
        durationMicros: 0,
        hasEnded: false,
        isError: false,
        isOrigin: false,
        path: [],
        marks: [],
      }
    case 'folded':
      return { ...viewOfSpans(row.nodes, context), key: row.key, type: 'folded', level: row.level, isExpanded: false }
    case 'span':
      return {
        ...viewOfSpans([row.node], context),
        key: row.key,
        type: 'span',
        level: row.level,
        ...(row.hasChildren ? { isExpanded: row.isExpanded } : {}),
      }
  }
}

type SpansView = Omit<RowView, 'key' | 'type' | 'level' | 'isExpanded'>

function viewOfSpans(nodes: readonly SpanNode[], { sections, origins }: RowContext): SpansView {
  const [first] = nodes
  if (first === undefined) throw new Error('a row without spans')
  return {
    service: first.span.resource.service,
    name: first.span.name,
    spanKey: first.id,
    count: nodes.length,
    bars: nodes.map(({ startMicros, endMicros }) => [startMicros, endMicros ?? startMicros]),
    durationMicros: nodes.reduce((sum, { durationMicros }) => sum + durationMicros, 0),
    hasEnded: nodes.every(({ endMicros }) => endMicros !== undefined),
    isError: nodes.some(({ span }) => span.status === 'error'),
    isOrigin: nodes.some((node) => origins.has(node)),
    path: nodes
      .flatMap((node) => sections.get(node) ?? [])
      .map(({ startMicros, endMicros, isAssumed }) => [startMicros, endMicros, isAssumed]),
    marks: marksOf(first),
  }
}

function marksOf(node: SpanNode): string[] {
  const marks: string[] = []
  if (node.endMicros === undefined) marks.push('has not ended')
  if (node.outlivesParent) marks.push('goes on after its parent')
  if (node.shiftMicros !== 0) {
    const millis = Math.abs(node.shiftMicros / 1000).toFixed(1)
    marks.push(
      `shown ${millis} ms ${node.shiftMicros > 0 ? 'later: its clock is early' : 'earlier: its clock is late'}`,
    )
  }
  if (node.hasTakenId) marks.push('another span has the same id')
  if (node.isCycleStart) marks.push('was its own ancestor: the circle is cut here')
  return marks
}
