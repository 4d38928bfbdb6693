import type { EncodedBatch } from '../batch.js'

/** A batch on its way: in memory, in the spool, or in both while it is being sent from there. */
export interface Parcel {
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

export function ownParcel({ id, bytes, spans }: EncodedBatch): Parcel {
  return { id, spans, bytes, entry: undefined, again: false, notBefore: 0 }
}

export function adoptedParcel(entry: string): Parcel {
  return { id: undefined, spans: 0, bytes: undefined, entry, again: false, notBefore: 0 }
}
