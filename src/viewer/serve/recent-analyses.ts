import type { TraceAnalysis } from '../analysis/trace-analysis.js'

/** Some 30 MB. */
const MOST_SPANS = 100_000

/** The analyses that were asked for last: the page asks several things of a trace, and goes back to others. */
export class RecentAnalyses {
  /** Those that were asked for last are last. */
  readonly #analyses = new Map<string, TraceAnalysis>()
  #spans = 0

  get(traceId: string, make: () => TraceAnalysis): TraceAnalysis {
    const known = this.#analyses.get(traceId)
    const analysis = known ?? make()
    this.delete(traceId)
    this.#analyses.set(traceId, analysis)
    this.#spans += analysis.nodes.length
    for (const oldest of this.#analyses.keys()) {
      if (this.#spans <= MOST_SPANS || oldest === traceId) break
      this.delete(oldest)
    }
    return analysis
  }

  /** To be called when a span of the trace arrives. */
  delete(traceId: string): void {
    this.#spans -= this.#analyses.get(traceId)?.nodes.length ?? 0
    this.#analyses.delete(traceId)
  }

  clear(): void {
    this.#analyses.clear()
    this.#spans = 0
  }
}
