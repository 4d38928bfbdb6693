import { monotonicClock } from '../../internal/runtime/clock.js'
import type { DeliveryCounts } from './ledger.js'

/**
 * What became of the spans while a flush or a shutdown waited: all is well where `failed`, `dropped`, `pending` and `spooled` are 0.
 * Over several processors of ours the counts are sums.
 */
export interface FlushResult {
  /** Spans that the backend has taken. */
  readonly exported: number
  /** Spans that the backend has refused, or a `SpanExporter` has not taken. */
  readonly failed: number
  /** Spans for which there was no room, or, in a shutdown, no time. */
  readonly dropped: number
  /** Spans that still wait in memory afterwards, and are tried again. */
  readonly pending: number
  /** Spans that are on disk afterwards, for this process or the next. */
  readonly spooled: number
  /** The time was up before all was done. False where the backend is unreachable: then there is no waiting. */
  readonly timedOut: boolean
}

export const NOTHING_FLUSHED: FlushResult = {
  exported: 0,
  failed: 0,
  dropped: 0,
  pending: 0,
  spooled: 0,
  timedOut: false,
}

/** A delivery stops a little before the time is up, so that what is left can be written down. */
const MOST_MARGIN_MILLIS = 110

/** Waits for the work, and says what it did to the counts. */
export async function flushResult(
  counts: Readonly<DeliveryCounts>,
  timeoutMillis: number,
  work: () => Promise<void>,
): Promise<FlushResult> {
  const before = { ...counts }
  const began = monotonicClock.nowMillis()
  await work()
  const since = (name: keyof DeliveryCounts): number => counts[name] - before[name]
  const dropped = since('droppedQueueFull') + since('droppedOutageBuffer') + since('droppedAtExit')
  const pending = counts.queued + counts.exporting
  const isAnyLeft = pending + dropped + counts.spooled > 0
  const margin = isAnyLeft ? Math.min(MOST_MARGIN_MILLIS, timeoutMillis / 8) : 0
  const isTimeUp = monotonicClock.nowMillis() - began >= timeoutMillis - margin
  return {
    exported: since('exported'),
    failed: since('droppedExportFailed'),
    dropped,
    pending,
    spooled: counts.spooled,
    timedOut: isTimeUp && (isAnyLeft || timeoutMillis > 0),
  }
}

export function sumOfResults(results: readonly FlushResult[]): FlushResult {
  return results.reduce(
    (sum, result) => ({
      exported: sum.exported + result.exported,
      failed: sum.failed + result.failed,
      dropped: sum.dropped + result.dropped,
      pending: sum.pending + result.pending,
      spooled: sum.spooled + result.spooled,
      timedOut: sum.timedOut || result.timedOut,
    }),
    NOTHING_FLUSHED,
  )
}
