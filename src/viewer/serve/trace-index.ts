import { analyseTrace, type TraceAnalysis } from '../analysis/trace-analysis.js'
import { findingsOf } from '../analysis/findings/findings-of.js'
import { groupFindings } from '../analysis/findings/group-findings.js'
import type { Finding, FindingGroup } from '../model/finding.js'
import type { TraceStore, TraceSummary } from '../model/trace-store.js'
import type { ReceivedSpan } from '../model/received-span.js'
import { queriedTrace, type QueriedTrace } from '../query/queried-trace.js'
import type { Query } from '../query/query.js'
import { mayMatch } from '../store/may-match.js'
import { RecentAnalyses } from './recent-analyses.js'
import { RecentTraces } from './recent-traces.js'
import { LARGE_TRACE_SPANS, traceOpening } from './trace-opening.js'
import { settledFacts, traceRow, type SettledFacts } from './trace-row.js'
import type { TraceRow } from './wire.js'

/** A trace is complete, as far as anybody can tell, so long after its last span. */
const SETTLED_MILLIS = 1000
/** … where its root has not ended, or not arrived. */
const SETTLED_WITHOUT_ROOT_MILLIS = 10_000
/** Work that others wait behind is put off after so long: spans are being received meanwhile. */
const SLICE_MILLIS = 12
const MOST_GROUPS = 100

export interface TimeSources {
  /** Milliseconds since 1970, as the store has them. */
  readonly nowEpochMillis: () => number
  /** Milliseconds that never go back. */
  readonly nowMillis: () => number
}

/** What the page asks of the store: which traces changed since when, which match, and what is wrong with each. */
export class TraceIndex {
  readonly store: TraceStore
  readonly #time: TimeSources
  readonly #stop: () => void
  /** When each trace changed last, as a number that counts up; those that changed last are last. */
  readonly #changes = new Map<string, number>()
  /** What is known of traces that have settled; of one that goes on, what was known before. */
  readonly #settled = new Map<string, SettledFacts>()
  /** Traces whose findings are to be made, or made anew. */
  readonly #pending = new Set<string>()
  readonly #services = new Set<string>()
  readonly #analyses = new RecentAnalyses()
  #sequence = 0
  #epoch = 0
  #groups: readonly FindingGroup[] = []
  #groupsAreStale = false
  readonly #recent = new RecentTraces()
  #across: readonly Finding[] = []

  constructor(store: TraceStore, time: TimeSources) {
    this.store = store
    this.#time = time
    for (const { traceId } of store.summaries().toReversed()) this.#note(traceId)
    this.#stop = store.onChange((traceIds) => {
      for (const traceId of traceIds) this.#note(traceId)
    })
  }

  /** Where a reader of changes is who has seen all of them. */
  get position(): string {
    return `${this.#epoch}-${this.#sequence}`
  }

  get services(): readonly string[] {
    return [...this.#services].sort()
  }

  get pendingFindings(): number {
    return this.#pending.size
  }

  close(): void {
    this.#stop()
  }

  /** After this, readers start anew. */
  forget(): void {
    this.#epoch += 1
    this.#changes.clear()
    this.#settled.clear()
    this.#recent.clear()
    this.#pending.clear()
    this.#services.clear()
    this.#groups = []
    this.#analyses.clear()
  }

  row(traceId: string): TraceRow | undefined {
    const summary = this.store.summaryOf(traceId)
    return summary && traceRow(summary, this.#settled.get(traceId))
  }

  findingsOf(traceId: string): readonly Finding[] {
    const settled = this.#pending.has(traceId) ? undefined : this.#settled.get(traceId)
    return settled?.findings ?? findingsOf(this.analysis(traceId))
  }

  /** The last ones are kept: the page asks several things of the trace that it opens. */
  analysis(traceId: string): TraceAnalysis {
    return this.#analyses.get(traceId, () => analyseTrace(this.store.spansOf(traceId)))
  }

  /** The traces that changed since a position, the last change last; `undefined` where the position is of another time. */
  changedSince(position: string): string[] | undefined {
    const [epoch, sequence] = position.split('-').map(Number)
    if (epoch !== this.#epoch || sequence === undefined || !(sequence <= this.#sequence)) return undefined
    const changed: string[] = []
    for (const [traceId, at] of this.#changes) if (at > sequence) changed.push(traceId)
    return changed
  }

  /** Traces that match, those with the latest arrivals first. Lets others work in between. */
  async *matching(query: Query | undefined): AsyncGenerator<TraceSummary> {
    let since = this.#time.nowMillis()
    for (const summary of this.store.eachSummary(query && mayMatch(query))) {
      if (!query || this.matches(query, summary.traceId)) yield summary
      if (this.#time.nowMillis() - since < SLICE_MILLIS) continue
      await new Promise((resume) => setImmediate(resume))
      since = this.#time.nowMillis()
    }
  }

  matches(query: Query, traceId: string): boolean {
    if (!query.expression) return true
    return this.store.summaryOf(traceId) !== undefined && query.matches(this.#queried(traceId))
  }

  /** Which spans of a trace hold what a query asks for, by their places in the tree. */
  hitsOf(query: Query, traceId: string): string[] {
    const trace = this.#queried(traceId)
    return this.analysis(traceId)
      .nodes.filter(({ span }) => query.holdsFor(span, trace))
      .map(({ id }) => id)
  }

  #queried(traceId: string): QueriedTrace {
    let selfTimes: ReadonlyMap<ReceivedSpan, number> | undefined
    return queriedTrace({
      traceId,
      spans: this.store.spansOf(traceId),
      run: this.store.summaryOf(traceId)?.run,
      analyse: () => ({
        findings: this.findingsOf(traceId),
        selfMicrosOf: (span) => {
          selfTimes ??= new Map(this.analysis(traceId).nodes.map((node) => [node.span, node.selfMicros]))
          return selfTimes.get(span)
        },
      }),
    })
  }

  /** Whether a trace is complete, as far as anybody can tell. */
  isSettled(traceId: string): boolean {
    const summary = this.store.summaryOf(traceId)
    return summary !== undefined && isSettled(summary, this.#time.nowEpochMillis())
  }

  /** Findings of one fault each over all traces, the worst first. */
  groups(): readonly FindingGroup[] {
    const across = this.#recent.findings(this.#time.nowMillis())
    if (this.#groupsAreStale || across !== this.#across) {
      this.#groupsAreStale = false
      this.#across = across
      this.#groups = this.#grouped()
    }
    return this.#groups
  }

  #grouped(): readonly FindingGroup[] {
    const settled = [...this.#settled.values()]
    return groupFindings([...settled.flatMap(({ findings }) => findings), ...this.#across], settled).slice(
      0,
      MOST_GROUPS,
    )
  }

  /** Makes the findings of traces that have settled, for as long as a slice of work may take. The newest come first. */
  settle(): void {
    const start = this.#time.nowMillis()
    const now = this.#time.nowEpochMillis()
    for (const traceId of [...this.#pending].reverse()) {
      const summary = this.store.summaryOf(traceId)
      if (!summary) {
        this.#remove(traceId)
        continue
      }
      if (!isSettled(summary, now)) continue
      this.#pending.delete(traceId)
      const analysis = this.analysis(traceId)
      this.#settled.set(traceId, settledFacts(analysis, findingsOf(analysis)))
      // Who waits for the trace to be drawn need not wait for this then.
      if (analysis.nodes.length > LARGE_TRACE_SPANS) traceOpening(analysis)
      this.#recent.add(analysis)
      this.#groupsAreStale = true
      this.#touch(traceId)
      if (this.#time.nowMillis() - start > SLICE_MILLIS) return
    }
  }

  #note(traceId: string): void {
    this.#analyses.delete(traceId)
    const summary = this.store.summaryOf(traceId)
    if (!summary) {
      this.#remove(traceId)
      return
    }
    for (const service of summary.services) this.#services.add(service)
    this.#pending.add(traceId)
    this.#touch(traceId)
  }

  #touch(traceId: string): void {
    this.#sequence += 1
    this.#changes.delete(traceId)
    this.#changes.set(traceId, this.#sequence)
  }

  #remove(traceId: string): void {
    this.#pending.delete(traceId)
    this.#changes.delete(traceId)
    this.#analyses.delete(traceId)
    this.#recent.remove(traceId)
    if (this.#settled.delete(traceId)) this.#groupsAreStale = true
  }
}

function isSettled({ lastArrivalMillis, root }: TraceSummary, now: number): boolean {
  const age = now - lastArrivalMillis
  return age >= (root?.endMicros === undefined ? SETTLED_WITHOUT_ROOT_MILLIS : SETTLED_MILLIS)
}
