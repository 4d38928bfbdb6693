import type { EncodedBatch } from '../batch.js'

/** Batches on disk, for this process and, where it does not live to send them, for the next. Synchronous; never throws. */
export interface Spool {
  /** The name of the entry; undefined where it could not be written (full, read-only): the batch stays in memory then. */
  put(batch: Pick<EncodedBatch, 'bytes' | 'spans'>): string | undefined
  /** Takes over entries that processes which have ended left behind, at most once each; the oldest first. */
  adopt(): readonly string[]
  /** Undefined where the entry is torn or not ours; it has been set aside then. */
  read(name: string): Pick<EncodedBatch, 'bytes' | 'spans'> | undefined
  remove(name: string): void
  /** Ends the claim on the own entries, so that the next process need not wait for it to run out. */
  close(): void
}
