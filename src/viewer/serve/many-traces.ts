import { bubbleUp } from '../analysis/many/bubble-up.js'
import { compareTraces } from '../analysis/many/compare.js'
import { flameOf, type FlameNode } from '../analysis/many/flame.js'
import type { PathMeasure } from '../analysis/many/operation-paths.js'
import { serviceMap } from '../analysis/many/service-map.js'
import { baselineOf, whySlow } from '../analysis/many/why-slow.js'
import type { TraceAnalysis } from '../analysis/trace-analysis.js'
import type { Query } from '../query/query.js'
import { HttpError } from './answers.js'
import type { TraceIndex } from './trace-index.js'
import type {
  Selection,
  WireComparison,
  WireDifference,
  WireFlame,
  WireFlameNode,
  WireMap,
  WireMeasure,
  WireSlow,
} from './wire.js'

/** Views over many traces look at the newest of them: so many, or with so many spans. */
const MOST_TRACES = 500
const MOST_SPANS = 50_000
/** Narrower boxes of a flame nobody sees. */
const NARROWEST_SHARE = 0.0005
const MOST_BOXES = 3000
const MOST_PATHS = 500

type Brush = readonly [fromMicros: number, toMicros: number] | undefined

interface Selected extends Selection {
  readonly analyses: readonly TraceAnalysis[]
}

/** What the page asks over a selection of traces: the newest that match a query, or one. */
export class ManyTraces {
  readonly #index: TraceIndex

  constructor(index: TraceIndex) {
    this.#index = index
  }

  async map(query: Query, brush: Brush): Promise<WireMap> {
    const { analyses, ...selection } = await this.#select(query, brush)
    return { ...serviceMap(analyses), ...selection }
  }

  async flame(query: Query, brush: Brush): Promise<WireFlame> {
    const { analyses, ...selection } = await this.#select(query, brush)
    return { ...flattened(flameOf(analyses)), ...selection }
  }

  mapOf(traceId: string): WireMap {
    return { ...serviceMap([this.#analysis(traceId)]), traces: 1, hasMore: false }
  }

  flameOf(traceId: string): WireFlame {
    return { ...flattened(flameOf([this.#analysis(traceId)])), traces: 1, hasMore: false }
  }

  compare(a: string, b: string): WireComparison {
    const [rowA, rowB] = [this.#index.row(a), this.#index.row(b)]
    if (!rowA || !rowB) throw new HttpError(404, `${rowA ? b : a} is not here`)
    const paths = compareTraces(this.#index.analysis(a), this.#index.analysis(b))
    return {
      a: rowA,
      b: rowB,
      paths: paths.slice(0, MOST_PATHS).map(({ path: { service, name, depth }, a: inA, b: inB, differenceMicros }) => ({
        service,
        name,
        depth,
        ...(inA ? { a: measured(inA) } : {}),
        ...(inB ? { b: measured(inB) } : {}),
        differenceMicros,
      })),
    }
  }

  /** Against others of its kind. */
  async whySlow(traceId: string): Promise<WireSlow> {
    const trace = this.#analysis(traceId)
    const service = trace.mainRoot?.span.resource.service
    const { analyses } = await this.#select(undefined, undefined, (row) => row.service === service)
    const { comparedWith, isUnusual, sentence, parts } = whySlow(trace, baselineOf(trace, analyses))
    return {
      comparedWith,
      isUnusual,
      sentence,
      parts: parts.slice(0, 5).map(({ path, nodes, hereMicros, usuallyMicros, hereCount, usualCount }) => ({
        service: path.service,
        name: path.name,
        hereMicros,
        usuallyMicros,
        hereCount,
        usualCount,
        spanIds: nodes.slice(0, 20).map(({ id }) => id),
      })),
    }
  }

  /** What the traces of a query and brush have in common that the others have not. */
  async difference(query: Query, brush: Brush): Promise<WireDifference> {
    const { analyses } = await this.#select(undefined, undefined)
    const isSelected = ({ traceId, startMicros }: TraceAnalysis): boolean =>
      (!brush || (startMicros >= brush[0] && startMicros <= brush[1])) && this.#index.matches(query, traceId)
    const { selected = [], others = [] } = Object.groupBy(analyses, (trace) =>
      isSelected(trace) ? 'selected' : 'others',
    )
    return { selected: selected.length, others: others.length, lines: bubbleUp(selected, others) }
  }

  #analysis(traceId: string): TraceAnalysis {
    const analysis = this.#index.analysis(traceId)
    if (analysis.nodes.length === 0) throw new HttpError(404, 'this trace is not here')
    return analysis
  }

  async #select(
    query: Query | undefined,
    brush: Brush,
    holds: (row: { readonly service: string }) => boolean = () => true,
  ): Promise<Selected> {
    const analyses: TraceAnalysis[] = []
    let spans = 0
    for await (const { traceId, spanCount, firstStartMicros } of this.#index.matching(query)) {
      if (brush && (firstStartMicros < brush[0] || firstStartMicros > brush[1])) continue
      const row = this.#index.row(traceId)
      if (!row || !holds(row)) continue
      spans += spanCount
      if (analyses.length === MOST_TRACES || (spans > MOST_SPANS && analyses.length > 0)) {
        return { analyses, traces: analyses.length, hasMore: true }
      }
      analyses.push(this.#index.analysis(traceId))
    }
    return { analyses, traces: analyses.length, hasMore: false }
  }
}

function measured({ count, pathMicros, totalMicros, nodes }: PathMeasure): WireMeasure {
  return { count, pathMicros, totalMicros, spanId: nodes[0]?.id ?? '' }
}

/** As a list: JSON of a tree is as deep as the tree, and a writer or reader of it would recurse. */
function flattened(roots: readonly FlameNode[]): Pick<WireFlame, 'nodes' | 'omitted' | 'widthMicros'> {
  const widthMicros = roots.reduce((sum, root) => sum + root.widthMicros, 0)
  const nodes: WireFlameNode[] = []
  let omitted = 0
  const stack: { node: FlameNode; offsetMicros: number }[] = []
  const push = (siblings: readonly FlameNode[], from: number): void => {
    let offsetMicros = from
    const placed = siblings.map((node) => {
      const at = offsetMicros
      offsetMicros += node.widthMicros
      return { node, offsetMicros: at }
    })
    stack.push(...placed.reverse())
  }
  push(roots, 0)
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { children, ...node } = next.node
    if (node.widthMicros < widthMicros * NARROWEST_SHARE || nodes.length >= MOST_BOXES) {
      omitted += 1
      continue
    }
    nodes.push({ ...node, offsetMicros: next.offsetMicros })
    push(children, next.offsetMicros)
  }
  return { widthMicros, nodes, omitted }
}
