import type { ReceivedLog, ReceivedSpan } from './received-span.ts'

/** What is known of a trace without looking at its spans. */
export interface TraceSummary {
  readonly traceId: string
  /** When the viewer was started that it arrived at first: `2026-11-30T21:41:19Z`. Empty where a file does not say it. */
  readonly run: string
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

/** The values of a resource's attributes, in lower case. One object for all resources that have the same. */
export interface ResourceText {
  readonly text: string
}

/** What a store knows of a trace before its spans are looked at: enough to tell that most cannot match a query. */
export interface TraceFacts {
  readonly traceId: string
  /** All texts of its spans (names, services, values, messages, ids of spans), in lower case. */
  readonly text: string
  readonly resources: readonly ResourceText[]
  readonly run: string
  /** The traces that links of its spans lead to. */
  readonly linkedTraces: readonly string[]
  readonly hasError: boolean
  readonly spanCount: number
  readonly firstStartMicros: number
  readonly lastEndMicros: number
  /** The duration of its longest span. */
  readonly longestMicros: number
}

export interface SummaryOptions {
  readonly limit?: number
  readonly arrivedBeforeMillis?: number
  /** Leaves traces out: those for which it is false. `mayMatch` makes one of a query. */
  readonly where?: (facts: TraceFacts) => boolean
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
  summaries(options?: SummaryOptions): readonly TraceSummary[]
  /** The same one by one, of the traces that are there at the first: for who may stop early, or works in pieces. */
  eachSummary(where?: SummaryOptions['where']): Iterable<TraceSummary>
  pin(traceId: string, isPinned: boolean): void
  counts(): StoreCounts
  clear(): void
  /** Called with the ids of traces that changed, at the end of each `add`. Returns how to stop it. */
  onChange(listener: (traceIds: ReadonlySet<string>) => void): () => void
  close(): void
}
