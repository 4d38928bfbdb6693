import { analyseTrace, type TraceAnalysis } from '../../../../src/viewer/analysis/trace-analysis.js'
import { traceOf, type PlannedSpan } from '../trace-of.js'

/** Analyses of traces with an id of their own each, one after another by a second. */
export function tracesOf(count: number, make: (n: number) => readonly PlannedSpan[], firstTrace = 1): TraceAnalysis[] {
  return Array.from({ length: count }, (_, n) => {
    const id = firstTrace + n
    const spans = traceOf(make(n), { traceId: id.toString(16).padStart(32, '0'), firstId: id * 10_000 })
    const later = id * 1_000_000
    return analyseTrace(
      spans.map((span) => ({
        ...span,
        startMicros: span.startMicros + later,
        endMicros: span.endMicros === undefined ? undefined : span.endMicros + later,
      })),
    )
  })
}
