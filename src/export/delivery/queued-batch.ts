import type { EncodedBatch } from './batch.js'
import { splitIds } from './split-ids.js'

/** A batch on its way: in memory, in the spool, or in both while it is being sent from there. */
export interface QueuedBatch {
  /** Undefined: another process's, of which only the name in the spool is known. */
  readonly id: number | undefined
  spans: number
  /** Undefined while it is in the spool only. */
  bytes: Uint8Array | undefined
  /** Its name in the spool. */
  entry: string | undefined
  /** An earlier attempt may have arrived. */
  again: boolean
  /** After a failure it lets the others go first, until then. */
  notBefore: number
}

export function ownBatch({ id, bytes, spans }: EncodedBatch): QueuedBatch {
  return { id, spans, bytes, entry: undefined, again: false, notBefore: 0 }
}

export function adoptedBatch(entry: string): QueuedBatch {
  return { id: undefined, spans: 0, bytes: undefined, entry, again: false, notBefore: 0 }
}

/** One of the two halves of a batch: of a process's own one, or of an adopted one. */
export function halfParcel(
  whole: QueuedBatch,
  half: Pick<EncodedBatch, 'bytes' | 'spans'>,
  index: number,
): QueuedBatch {
  const id = whole.id === undefined ? undefined : splitIds(whole.id)[index]
  return { ...half, id, entry: undefined, again: whole.again, notBefore: 0 }
}

/** None where the bytes are not in memory, or the spans are not our own. */
export function asBatch({ id, bytes, spans }: QueuedBatch): readonly EncodedBatch[] {
  return id === undefined || !bytes ? [] : [{ id, bytes, spans }]
}
