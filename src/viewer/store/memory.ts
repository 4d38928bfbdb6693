import { nowEpochMillis } from '../../internal/runtime/clock.js'
import type { ReceivedLog, ReceivedSpan } from '../model/received-span.js'
import type { StoreCounts, TraceStore, TraceSummary } from '../model/trace-store.js'
import { ChangeListeners } from './change-listeners.js'
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

/** Keeps traces in memory, within limits: the traces that nothing arrived for the longest go first, pinned ones last. */
export function memoryStore(options: StoreOptions = {}): TraceStore {
  return new MemoryStore(options)
}

class MemoryStore implements TraceStore {
  readonly #maxSpans: number
  readonly #maxBytes: number
  readonly #now: () => number
  readonly #listeners = new ChangeListeners()
  readonly #traces = new Map<string, TraceRecord>()
  /** Between the two ends hang all traces, by the time of their last arrival. */
  readonly #newest = new TraceRecord('')
  readonly #oldest = new TraceRecord('')
  #listed = 0
  #spans = 0
  #logs = 0
  #bytes = 0
  #evictedTraces = 0
  #evictedSpans = 0

  constructor({ maxSpans, maxBytes, now = nowEpochMillis }: StoreOptions) {
    this.#maxSpans = maxSpans ?? STORE_LIMITS.maxSpans
    this.#maxBytes = maxBytes ?? STORE_LIMITS.maxBytes
    this.#now = now
    this.#unlinkAll()
  }

  add(spans: readonly ReceivedSpan[]): void {
    const changed = new Set<string>()
    for (const span of spans) {
      const trace = this.#touched(span.traceId, changed)
      if (trace.spans.length === 0) this.#listed++
      const bytes = spanBytes(span)
      trace.addSpan(span, bytes)
      this.#spans++
      this.#bytes += bytes
    }
    this.#evict(changed)
  }

  addLogs(logs: readonly ReceivedLog[]): void {
    const changed = new Set<string>()
    for (const log of logs) {
      if (log.traceId === undefined) continue
      const bytes = logBytes(log)
      this.#touched(log.traceId, changed).addLog(log, bytes)
      this.#logs++
      this.#bytes += bytes
    }
    this.#evict(changed)
  }

  spansOf(traceId: string): readonly ReceivedSpan[] {
    return this.#traces.get(traceId)?.spans ?? []
  }

  logsOf(traceId: string): readonly ReceivedLog[] {
    return this.#traces.get(traceId)?.logs ?? []
  }

  summaryOf(traceId: string): TraceSummary | undefined {
    return this.#traces.get(traceId)?.summary()
  }

  summaries({ limit = Infinity, arrivedBeforeMillis = Infinity } = {}): readonly TraceSummary[] {
    const summaries: TraceSummary[] = []
    for (let trace = this.#newest.older; trace?.older && summaries.length < limit; trace = trace.older) {
      if (trace.lastArrivalMillis >= arrivedBeforeMillis) continue
      const summary = trace.summary()
      if (summary) summaries.push(summary)
    }
    return summaries
  }

  pin(traceId: string, isPinned: boolean): void {
    const trace = this.#traces.get(traceId)
    if (trace) trace.isPinned = isPinned
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
    this.#unlinkAll()
    this.#listed = this.#spans = this.#logs = this.#bytes = 0
    this.#listeners.notify(removed)
  }

  onChange(listener: (traceIds: ReadonlySet<string>) => void): () => void {
    return this.#listeners.add(listener)
  }

  close(): void {
    this.#listeners.clear()
  }

  #touched(traceId: string, changed: Set<string>): TraceRecord {
    let trace = this.#traces.get(traceId)
    if (!trace) {
      this.#traces.set(traceId, (trace = new TraceRecord(traceId)))
      this.#bytes += TRACE_BYTES
    }
    // Once an arrival: a request of one trace's spans moves it once.
    if (!changed.has(traceId)) {
      changed.add(traceId)
      trace.unlink()
      trace.linkAfter(this.#newest)
      trace.lastArrivalMillis = this.#now()
    }
    return trace
  }

  #unlinkAll(): void {
    this.#newest.older = this.#oldest
    this.#oldest.newer = this.#newest
  }

  #evict(changed: Set<string>): void {
    this.#evictWhere((trace) => !trace.isPinned, changed)
    // The limits hold even where everything is pinned.
    this.#evictWhere(() => true, changed)
    this.#listeners.notify(changed)
  }

  #evictWhere(mayGo: (trace: TraceRecord) => boolean, changed: Set<string>): void {
    let trace = this.#oldest.newer
    while (trace?.newer && (this.#spans > this.#maxSpans || this.#bytes > this.#maxBytes)) {
      const { newer } = trace
      if (mayGo(trace)) {
        this.#remove(trace)
        changed.add(trace.traceId)
      }
      trace = newer
    }
  }

  #remove(trace: TraceRecord): void {
    trace.unlink()
    this.#traces.delete(trace.traceId)
    this.#spans -= trace.spans.length
    this.#logs -= trace.logs.length
    this.#bytes -= trace.bytes + TRACE_BYTES
    if (trace.spans.length === 0) return
    this.#listed--
    this.#evictedTraces++
    this.#evictedSpans += trace.spans.length
  }
}
