import type { EncodedBatch } from './queued-batch.js'

/**
 * What a delivery reports while it works, in order. Each batch begins as waiting; `settled` and `shed` with nothing left are
 * its end. Plain data: it crosses from the delivery thread.
 */
export type DeliveryEvent =
  | Exporting
  | Waiting
  | Spooled
  | Settled
  | AdoptedFailed
  | Shed
  | Split
  | AttemptFailed
  | Recovered
  | { readonly kind: 'endpoint'; readonly endpoint: string }
  | { readonly kind: 'warning'; readonly key: string; readonly message: string }

/** An attempt has begun. `again`: an earlier one may have arrived, so that the backend may see these spans twice. */
interface Exporting {
  readonly kind: 'exporting'
  readonly id: number
  readonly again: boolean
}

/** The attempt failed, and the batch waits for the next one. */
interface Waiting {
  readonly kind: 'waiting'
  readonly id: number
}

/** The batch is on disk, and no longer in memory. It may still be exported by this process. */
interface Spooled {
  readonly kind: 'spooled'
  readonly id: number
}

/** The end of a batch: `exported` + `failed` are all spans that it still had. */
interface Settled {
  readonly kind: 'settled'
  readonly id: number
  readonly exported: number
  /** Refused by the backend, all or, with a partial success, some. */
  readonly failed: number
  /** Why, where some failed. */
  readonly reason: string
  /** They were lost there, and not refused by the backend. */
  readonly lostInSpool?: true
}

/** Spans of an earlier process, which no ledger counts, were refused by the backend. */
export interface AdoptedFailed {
  readonly kind: 'adopted-failed'
  readonly spans: number
  readonly reason: string
}

/** The outage buffer was full. What is left of the batch, if anything, takes its place. */
export interface Shed {
  readonly kind: 'shed'
  readonly id: number
  /** Dropped spans of it. */
  readonly spans: number
  /** The bytes without them; undefined where nothing is left. */
  readonly rest: Uint8Array | undefined
}

/** The batch was too large for one request. Its halves take its place; they begin as waiting. */
export interface Split {
  readonly kind: 'split'
  readonly id: number
  readonly halves: readonly EncodedBatch[]
}

/** An attempt failed. One of these for each, also during an outage. */
export interface AttemptFailed {
  readonly kind: 'attempt-failed'
  readonly endpoint: string
  readonly reason: string
}

/** The first success after a failure. */
export interface Recovered {
  readonly kind: 'recovered'
  readonly endpoint: string
  /** Spans that still wait, and may have arrived in an earlier attempt. */
  readonly toSendAgain: number
}
