import type { EncodedBatch } from '../delivery/batch.js'

/** Batches on disk, for this process and, where it does not live to send them, for the next. Synchronous; never throws. */
export interface Spool {
  /** The name of the entry; undefined where it could not be written (full, read-only): the batch stays in memory then. */
  put(batch: Pick<EncodedBatch, 'bytes' | 'spans'>): string | undefined
  /** Takes over entries that processes which have ended left behind, at most once each; the oldest first. */
  adopt(): readonly string[]
  /** Undefined where the entry is gone, can't be read now, or was torn or not ours; then it has been set aside. */
  read(name: string): Pick<EncodedBatch, 'bytes' | 'spans'> | undefined
  /** Whether the entry is still there, so that another process may read it. */
  has(name: string): boolean
  remove(name: string): void
  /** Ends the claim on the own entries, so that the next process need not wait for it to run out. */
  close(): void
}
