import { nowEpochMillis } from '../../internal/runtime/clock.js'
import type { ReceivedLog, ReceivedSpan } from '../model/received-span.js'
import type { StoreCounts, SummaryOptions, TraceStore, TraceSummary } from '../model/trace-store.js'
import { ChangeListeners } from './change-listeners.js'
import { withoutRepeated, type NewSpans } from './repeated-spans.js'
import type { Arrival, Shelf } from './shelf.js'
import { logBytes, spanBytes, TRACE_BYTES } from './size-estimate.js'
import { TraceRecord } from './trace-record.js'

export interface StoreLimits {
  /** How many spans are kept. Default: 250,000. */
  readonly maxSpans?: number | undefined
  /** How much memory they may take, as estimated from their texts. Default: 512 MB. */
  readonly maxBytes?: number | undefined
}

export interface StoreOptions extends StoreLimits {
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

export const STORE_LIMITS: { readonly maxSpans: number; readonly maxBytes: number } = {
  maxSpans: 250_000,
  maxBytes: 512 * 1024 * 1024,
}

/**
 * Keeps traces within limits: those that nothing arrived for the longest go first, pinned ones last. What is known of
 * each trace is in memory, to be listed and searched; its spans lie on a shelf.
 */
export class IndexedStore implements TraceStore {
  readonly #shelf: Shelf
  readonly #maxSpans: number
  readonly #maxBytes: number
  readonly #now: () => number
  readonly #listeners = new ChangeListeners()
  readonly #traces = new Map<string, TraceRecord>()
  /** Between the two ends hang all traces, by the time of their last arrival. */
  readonly #newest = new TraceRecord('', '')
  readonly #oldest = new TraceRecord('', '')
  readonly #run: string
  #listed = 0
  #spans = 0
  #logs = 0
  #bytes = 0
  #evictedTraces = 0
  #evictedSpans = 0

  constructor(shelf: Shelf, { maxSpans, maxBytes, now = nowEpochMillis }: StoreOptions) {
    this.#shelf = shelf
    this.#maxSpans = maxSpans ?? STORE_LIMITS.maxSpans
    this.#maxBytes = maxBytes ?? STORE_LIMITS.maxBytes
    this.#now = now
    this.#run = `${new Date(now()).toISOString().slice(0, 19)}Z`
    this.#unlinkAll()
    for (const stored of shelf.load()) this.#insert(TraceRecord.from(stored))
    this.#evict(new Set())
  }

  add(spans: readonly ReceivedSpan[]): void {
    if (spans.length === 0) return
    this.#arrive(
      Map.groupBy(spans, ({ traceId }) => traceId),
      new Map(),
    )
  }

  addLogs(logs: readonly ReceivedLog[]): void {
    const ofTraces = logs.filter(({ traceId }) => traceId !== undefined)
    if (ofTraces.length === 0) return
    this.#arrive(
      new Map(),
      Map.groupBy(ofTraces, ({ traceId = '' }) => traceId),
    )
  }

  spansOf(traceId: string): readonly ReceivedSpan[] {
    return this.#traces.has(traceId) ? this.#shelf.spansOf(traceId) : []
  }

  logsOf(traceId: string): readonly ReceivedLog[] {
    return this.#traces.has(traceId) ? this.#shelf.logsOf(traceId) : []
  }

  summaryOf(traceId: string): TraceSummary | undefined {
    return this.#traces.get(traceId)?.summary()
  }

  summaries({ limit = Infinity, arrivedBeforeMillis = Infinity, where }: SummaryOptions = {}): readonly TraceSummary[] {
    const summaries: TraceSummary[] = []
    for (let trace = this.#newest.older; trace?.older && summaries.length < limit; trace = trace.older) {
      if (trace.lastArrivalMillis >= arrivedBeforeMillis || where?.(trace) === false) continue
      const summary = trace.summary()
      if (summary) summaries.push(summary)
    }
    return summaries
  }

  *eachSummary(where?: SummaryOptions['where']): Iterable<TraceSummary> {
    // Arrivals move traces to the front, and who follows the links would be sent back with them.
    const traces: TraceRecord[] = []
    for (let trace = this.#newest.older; trace?.older; trace = trace.older) traces.push(trace)
    for (const trace of traces) {
      const summary = where?.(trace) === false ? undefined : trace.summary()
      if (summary) yield summary
    }
  }

  pin(traceId: string, isPinned: boolean): void {
    const record = this.#traces.get(traceId)
    if (!record) return
    record.isPinned = isPinned
    this.#shelf.put([{ record, spans: [], logs: [] }])
  }

  counts(): StoreCounts {
    return {
      spans: this.#spans,
      traces: this.#listed,
      logs: this.#logs,
      evictedTraces: this.#evictedTraces,
      evictedSpans: this.#evictedSpans,
    }
  }

  clear(): void {
    const removed = new Set(this.#traces.keys())
    this.#traces.clear()
    this.#shelf.clear()
    this.#unlinkAll()
    this.#listed = this.#spans = this.#logs = this.#bytes = 0
    this.#listeners.notify(removed)
  }

  onChange(listener: (traceIds: ReadonlySet<string>) => void): () => void {
    return this.#listeners.add(listener)
  }

  close(): void {
    this.#listeners.clear()
    this.#shelf.close()
  }

  #arrive(
    spansByTrace: ReadonlyMap<string, readonly ReceivedSpan[]>,
    logsByTrace: ReadonlyMap<string, readonly ReceivedLog[]>,
  ): void {
    const changed = new Set<string>()
    const arrivals: Arrival[] = []
    for (const traceId of new Set([...spansByTrace.keys(), ...logsByTrace.keys()])) {
      const logs = logsByTrace.get(traceId) ?? []
      const { fresh, amended } = this.#newSpans(traceId, spansByTrace.get(traceId) ?? [])
      if (fresh.length === 0 && logs.length === 0 && !amended) continue
      changed.add(traceId)
      const record = this.#touch(traceId)
      if (amended) {
        this.#shelf.replace(traceId, amended.all)
        this.#grow(record, record.amendSpans(amended.spans))
      }
      this.#count(record, fresh, logs)
      arrivals.push({ record, spans: fresh, logs })
    }
    if (arrivals.length > 0) this.#shelf.put(arrivals)
    this.#evict(changed)
    this.#listeners.notify(changed)
  }

  #newSpans(traceId: string, arrived: readonly ReceivedSpan[]): NewSpans {
    if (arrived.length === 0) return { fresh: [] }
    const record = this.#traces.get(traceId) ?? this.#insert(new TraceRecord(traceId, this.#run))
    const stored = (): readonly ReceivedSpan[] => this.#shelf.spansOf(traceId)
    record.spanIds ??= new Set(record.spanCount > 0 ? stored().map(({ spanId }) => spanId) : [])
    return withoutRepeated(arrived, record.spanIds, stored)
  }

  #touch(traceId: string): TraceRecord {
    const record = this.#traces.get(traceId) ?? this.#insert(new TraceRecord(traceId, this.#run))
    record.unlink()
    record.linkAfter(this.#newest)
    record.lastArrivalMillis = this.#now()
    return record
  }

  /** As the newest. */
  #insert(record: TraceRecord): TraceRecord {
    this.#traces.set(record.traceId, record)
    record.linkAfter(this.#newest)
    this.#bytes += record.bytes + TRACE_BYTES
    this.#spans += record.spanCount
    this.#logs += record.logCount
    if (record.spanCount > 0) this.#listed++
    return record
  }

  #count(record: TraceRecord, spans: readonly ReceivedSpan[], logs: readonly ReceivedLog[]): void {
    if (record.spanCount === 0 && spans.length > 0) this.#listed++
    let bytes = record.addSpans(spans)
    for (const span of spans) bytes += spanBytes(span)
    for (const log of logs) bytes += logBytes(log)
    record.logCount += logs.length
    this.#grow(record, bytes)
    this.#spans += spans.length
    this.#logs += logs.length
  }

  #grow(record: TraceRecord, bytes: number): void {
    record.bytes += bytes
    this.#bytes += bytes
  }

  #unlinkAll(): void {
    this.#newest.older = this.#oldest
    this.#oldest.newer = this.#newest
  }

  #evict(changed: Set<string>): void {
    const evicted: string[] = []
    this.#evictWhere((trace) => !trace.isPinned, evicted)
    // The limits hold even where everything is pinned.
    this.#evictWhere(() => true, evicted)
    if (evicted.length > 0) this.#shelf.remove(evicted)
    for (const traceId of evicted) changed.add(traceId)
  }

  #evictWhere(mayGo: (trace: TraceRecord) => boolean, evicted: string[]): void {
    let trace = this.#oldest.newer
    while (trace?.newer && (this.#spans > this.#maxSpans || this.#bytes > this.#maxBytes)) {
      const { newer } = trace
      if (mayGo(trace)) {
        this.#remove(trace)
        evicted.push(trace.traceId)
      }
      trace = newer
    }
  }

  #remove(trace: TraceRecord): void {
    trace.unlink()
    this.#traces.delete(trace.traceId)
    this.#spans -= trace.spanCount
    this.#logs -= trace.logCount
    this.#bytes -= trace.bytes + TRACE_BYTES
    if (trace.spanCount === 0) return
    this.#listed--
    this.#evictedTraces++
    this.#evictedSpans += trace.spanCount
  }
}
