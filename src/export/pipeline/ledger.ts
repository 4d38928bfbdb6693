/**
 * Where every span went: `started` is the sum of all other fields, always. Spans that a spool brings back from an earlier
 * process are not in it.
 */
export interface TracingLedger {
  /** All spans, also those that a sampler left out. */
  started: number
  /** Recorded, and not ended yet. */
  open: number
  /** The sampler said no; nothing was recorded. */
  notRecorded: number
  /** Ended; held back until it is decided whether their trace is kept. */
  undecided: number
  /** Recorded, ended and not kept: by the sampler, or since there is no exporter. */
  sampledOut: number
  /** Wait to be sent, also while the backend is away. */
  queued: number
  /** An export is under way. */
  exporting: number
  /** On disk, for this process or the next. */
  spooled: number
  /** Taken by the backend, or by a processor that is not ours. */
  exported: number
  /** There was no room to wait in. */
  droppedQueueFull: number
  /** The outage was longer than the buffer lasts. */
  droppedOutageBuffer: number
  /** Refused by the backend, or not taken by a `SpanExporter`. */
  droppedExportFailed: number
  /** Not sent when the time to leave was over, or ended after the shutdown. */
  droppedAtExit: number
}

/** The half of the ledger that begins when a sampled span has ended. */
export type DeliveryCounts = Pick<
  TracingLedger,
  | 'queued'
  | 'exporting'
  | 'spooled'
  | 'exported'
  | 'droppedQueueFull'
  | 'droppedOutageBuffer'
  | 'droppedExportFailed'
  | 'droppedAtExit'
>

/** Where every log record went that was emitted: `emitted` is the sum of the others. */
export interface LogLedger extends DeliveryCounts {
  /** All log records that the app and its instrumentations emitted. */
  emitted: number
}

export function noDeliveryCounts(): DeliveryCounts {
  return {
    queued: 0,
    exporting: 0,
    spooled: 0,
    exported: 0,
    droppedQueueFull: 0,
    droppedOutageBuffer: 0,
    droppedExportFailed: 0,
    droppedAtExit: 0,
  }
}
