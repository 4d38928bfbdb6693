import type { Finding } from '../model/finding.js'
import type { ReceivedSpan } from '../model/received-span.js'

/** What a query may ask of a trace. Each answer is made only when a query asks for it. */
export interface QueriedTrace {
  readonly traceId: string
  readonly spans: readonly ReceivedSpan[]
  /** The run that it arrived in, where runs have names. */
  readonly run?: string | undefined
  /** The span without a parent, else the earliest orphan; of several the longest. */
  readonly root: ReceivedSpan | undefined
  /** How long the main root took; from the first start to the last end where it has not ended. */
  readonly durationMicros: number
  readonly findings: readonly Pick<Finding, 'id' | 'level' | 'fingerprint'>[]
  parentOf(span: ReceivedSpan): ReceivedSpan | undefined
  selfMicrosOf(span: ReceivedSpan): number | undefined
}

/** What takes an analysis of the trace. */
export interface AnalysedParts {
  readonly findings: QueriedTrace['findings']
  selfMicrosOf(span: ReceivedSpan): number | undefined
}

interface Given {
  readonly traceId: string
  readonly spans: readonly ReceivedSpan[]
  readonly run?: string | undefined
  /** Called once, and only for a query that asks for findings or self times. */
  readonly analyse?: () => AnalysedParts
}

export function queriedTrace(given: Given): QueriedTrace {
  return new LazyTrace(given)
}

const NOT_ANALYSED: AnalysedParts = { findings: [], selfMicrosOf: () => undefined }

class LazyTrace implements QueriedTrace {
  readonly traceId: string
  readonly spans: readonly ReceivedSpan[]
  readonly run: string | undefined
  readonly #analyse: () => AnalysedParts
  #byId: Map<string, ReceivedSpan> | undefined
  #analysed: AnalysedParts | undefined

  constructor({ traceId, spans, run, analyse = () => NOT_ANALYSED }: Given) {
    this.traceId = traceId
    this.spans = spans
    this.run = run
    this.#analyse = analyse
  }

  get root(): ReceivedSpan | undefined {
    const roots = this.spans.filter(({ parentSpanId }) => parentSpanId === undefined)
    if (roots.length > 0) return roots.reduce((a, b) => (durationOf(b) > durationOf(a) ? b : a))
    const orphans = this.spans.filter((span) => this.parentOf(span) === undefined)
    const candidates = orphans.length > 0 ? orphans : this.spans
    if (candidates.length === 0) return undefined
    return candidates.reduce((a, b) => (b.startMicros < a.startMicros ? b : a))
  }

  get durationMicros(): number {
    const root = this.root
    if (root?.endMicros !== undefined && root.parentSpanId === undefined) return durationOf(root)
    const first = this.spans.reduce((earliest, { startMicros }) => Math.min(earliest, startMicros), Infinity)
    const last = this.spans.reduce((latest, span) => Math.max(latest, span.endMicros ?? span.startMicros), -Infinity)
    return Math.max(last - first, 0)
  }

  get findings(): QueriedTrace['findings'] {
    return this.#parts().findings
  }

  parentOf({ parentSpanId }: ReceivedSpan): ReceivedSpan | undefined {
    if (parentSpanId === undefined) return undefined
    this.#byId ??= new Map(this.spans.toReversed().map((span) => [span.spanId, span]))
    return this.#byId.get(parentSpanId)
  }

  selfMicrosOf(span: ReceivedSpan): number | undefined {
    return this.#parts().selfMicrosOf(span)
  }

  #parts(): AnalysedParts {
    return (this.#analysed ??= this.#analyse())
  }
}

export function durationOf({ startMicros, endMicros }: ReceivedSpan): number {
  return endMicros === undefined ? 0 : Math.max(endMicros - startMicros, 0)
}
