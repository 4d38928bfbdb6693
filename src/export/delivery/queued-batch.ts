/**
 * Spans as one OTLP export request, and what is known of it. The delivery thread is given a copy of the bytes, so
 * that who handed them over still has them when that thread dies. (Memory that is shared V8 does not count: it would be
 * collected far too late.)
 */
export interface EncodedBatch {
  /** Rising, and one of its kind for one delivery; no integer where the batch is a half of another. */
  readonly id: number
  /** An ExportTraceServiceRequest, in protobuf or in JSON. */
  readonly bytes: Uint8Array
  readonly spans: number
}

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
  /** The overflow of the outage buffer, by its count, after which it was last looked through. */
  thinnedAt: number
}

export function ownBatch({ id, bytes, spans }: EncodedBatch): QueuedBatch {
  return { id, spans, bytes, entry: undefined, again: false, notBefore: 0, thinnedAt: 0 }
}

export function adoptedBatch(entry: string): QueuedBatch {
  return { id: undefined, spans: 0, bytes: undefined, entry, again: false, notBefore: 0, thinnedAt: 0 }
}

/** One of the two halves of a batch: of a process's own one, or of an adopted one. */
export function halfBatch(whole: QueuedBatch, half: Pick<EncodedBatch, 'bytes' | 'spans'>, index: number): QueuedBatch {
  const id = whole.id === undefined ? undefined : splitIds(whole.id)[index]
  return { ...half, id, entry: undefined, again: whole.again, notBefore: 0, thinnedAt: whole.thinnedAt }
}

/** None where the bytes are not in memory, or the spans are not our own. */
export function asBatch({ id, bytes, spans }: QueuedBatch): readonly EncodedBatch[] {
  return id === undefined || !bytes ? [] : [{ id, bytes, spans }]
}

/**
 * The ids of a batch's two halves: between the id of the batch before and its own, so that a flush of all batches up
 * to one waits for its halves, too, and different from all others, since each id has the space around it to itself. (Integers
 * up to 2^31 can be halved 21 times in the precision of a number: batches of two million spans.)
 */
export function splitIds(id: number): readonly [number, number] {
  // An own id stands at the end of its space of 1, that of a half in the middle of a smaller one.
  const middle = Number.isInteger(id) ? id - 1 / 2 : id
  const quarter = Number.isInteger(id) ? 1 / 4 : lowestBit(id) / 2
  return [middle - quarter, middle + quarter]
}

function lowestBit(id: number): number {
  let bit = 1 / 2
  while (!Number.isInteger(id / bit)) bit /= 2
  return bit
}
