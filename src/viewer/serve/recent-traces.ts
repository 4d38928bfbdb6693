import { findingsAcross } from '../analysis/findings/findings-across.js'
import type { TraceAnalysis } from '../analysis/trace-analysis.js'
import type { Finding } from '../model/finding.js'

const MOST_TRACES = 200
/** To look at so many takes some 50 ms, and the page waits meanwhile. */
const MOST_SPANS = 5_000
const SHORTEST_PAUSE_MILLIS = 3_000

/** The traces that settled last, for what none shows alone: slow against its kind, first requests, caches that miss. */
export class RecentTraces {
  readonly #traces = new Map<string, TraceAnalysis>()
  #spans = 0
  #isStale = false
  #lookedAtMillis = -Infinity
  #findings: readonly Finding[] = []

  add(analysis: TraceAnalysis): void {
    this.remove(analysis.traceId)
    this.#traces.set(analysis.traceId, analysis)
    this.#spans += analysis.nodes.length
    for (const traceId of this.#traces.keys()) {
      if (this.#traces.size <= MOST_TRACES && this.#spans <= MOST_SPANS) break
      this.remove(traceId)
    }
    this.#isStale = true
  }

  remove(traceId: string): void {
    const known = this.#traces.get(traceId)
    if (known === undefined) return
    this.#traces.delete(traceId)
    this.#spans -= known.nodes.length
    this.#isStale = true
  }

  clear(): void {
    this.#traces.clear()
    this.#spans = 0
    this.#findings = []
    this.#isStale = false
  }

  /** Made anew every three seconds at most. */
  findings(nowMillis: number): readonly Finding[] {
    if (this.#isStale && nowMillis - this.#lookedAtMillis >= SHORTEST_PAUSE_MILLIS) {
      this.#isStale = false
      this.#lookedAtMillis = nowMillis
      this.#findings = findingsAcross([...this.#traces.values()])
    }
    return this.#findings
  }
}
