/**
 * How `outageBufferBytes` is divided: the bound of all memory that encoded items take, every copy in every thread counted.
 * (Of less than some 40 MiB, what is on its way to the thread takes up to 8 MiB more: it would be dropped before the
 * thread could choose.)
 */
export interface MemoryShares {
  /** Items that are in memory at most, counted once. More are dropped as they come. */
  readonly mostBytes: number
  /** Where the delivery begins to choose what goes: well before the main thread has to drop whatever comes next. */
  readonly shedAboveBytes: number
  /** One request. */
  readonly mostBatchBytes: number
}

const MIB = 1_024 * 1_024
/** The delivery splits requests of more than 1 MiB. This leaves room for the resource, and for the item that fills a batch. */
const MOST_BATCH_BYTES = 960 * 1_024
/** For what is copied for a short while: the batch in the making, requests under way, what is left of shed batches. */
const MOST_WORKING_BYTES = 8 * MIB
const WORKING_SHARE = 1 / 8
const BATCH_SHARE = 1 / 8
const SHED_ABOVE = 3 / 4
/** Of what a busy machine's delivery thread may not have looked at yet: a quarter of a second of 16 MB of spans a second. */
const LEAST_UNREAD_BYTES = 4 * MIB

/** @param copies of each batch: with a thread, one there and one here, for the case that the thread dies */
export function memoryShares(boundBytes: number, copies: 1 | 2): MemoryShares {
  const workingBytes = Math.min(MOST_WORKING_BYTES, boundBytes * WORKING_SHARE)
  const shareBytes = Math.floor((boundBytes - workingBytes) / copies)
  const shedAboveBytes = Math.floor(shareBytes * SHED_ABOVE)
  return {
    mostBytes: Math.max(shareBytes, shedAboveBytes + LEAST_UNREAD_BYTES),
    shedAboveBytes,
    mostBatchBytes: Math.min(MOST_BATCH_BYTES, Math.floor(shareBytes * BATCH_SHARE)),
  }
}
