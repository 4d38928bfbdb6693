import type { ReceivedLog, ReceivedSpan } from './received-span.ts'

/** What is known of a trace without looking at its spans. */
export interface TraceSummary {
  readonly traceId: string
  readonly spanCount: number
  readonly firstStartMicros: number
  readonly lastEndMicros: number
  /** When its last span arrived. */
  readonly lastArrivalMillis: number
  readonly services: readonly string[]
  readonly hasError: boolean
  /** The earliest span without a parent, if one arrived. */
  readonly root:
    | {
        readonly spanId: string
        readonly service: string
        readonly name: string
        readonly startMicros: number
        readonly endMicros: number | undefined
      }
    | undefined
}

export interface StoreCounts {
  readonly spans: number
  readonly traces: number
  readonly logs: number
  /** What was removed to stay within the limits: whole traces, the oldest first. */
  readonly evictedTraces: number
  readonly evictedSpans: number
}

/** Where received spans are kept. One contract for the store in memory and the one in a file. */
export interface TraceStore {
  add(spans: readonly ReceivedSpan[]): void
  addLogs(logs: readonly ReceivedLog[]): void
  /** The spans of a trace in the order of arrival; empty for an unknown one. */
  spansOf(traceId: string): readonly ReceivedSpan[]
  logsOf(traceId: string): readonly ReceivedLog[]
  summaryOf(traceId: string): TraceSummary | undefined
  /** Newest first, by the time of the last arrival. */
  summaries(options?: { limit?: number; arrivedBeforeMillis?: number }): readonly TraceSummary[]
  pin(traceId: string, isPinned: boolean): void
  counts(): StoreCounts
  clear(): void
  /** Called with the ids of traces that changed, at the end of each `add`. Returns how to stop it. */
  onChange(listener: (traceIds: ReadonlySet<string>) => void): () => void
  close(): void
}
