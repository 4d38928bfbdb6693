import type { ReceivedLog, ReceivedSpan } from '../model/received-span.js'
import type { StoredRecord, TraceRecord } from './trace-record.js'

/** What arrived of one trace at once. */
export interface Arrival {
  /** The trace as it is with them. */
  readonly record: TraceRecord
  readonly spans: readonly ReceivedSpan[]
  readonly logs: readonly ReceivedLog[]
}

/** Where spans and logs lie. What is known of their traces, and how many there may be, is the store's business. */
export interface Shelf {
  /** The traces that lie there already, those with the latest arrivals last. */
  load(): Iterable<StoredRecord>
  put(arrivals: readonly Arrival[]): void
  /** Instead of all spans of a trace that are there. */
  replace(traceId: string, spans: readonly ReceivedSpan[]): void
  /** In the order of arrival. */
  spansOf(traceId: string): readonly ReceivedSpan[]
  logsOf(traceId: string): readonly ReceivedLog[]
  remove(traceIds: readonly string[]): void
  clear(): void
  close(): void
}
