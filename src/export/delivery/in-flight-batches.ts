import type { DeliveryCounts } from '../pipeline/ledger.js'
import type { EncodedBatch } from './queued-batch.js'
import type { DeliveryEvent } from './events.js'

type Where = 'queued' | 'exporting' | 'spooled'

interface Entry {
  readonly id: number
  spans: number
  /** Undefined once it has been on disk: the spool's copy is the only one. */
  bytes: Uint8Array | undefined
  where: Where
}

/** The batches that a delivery has taken and not settled, by its events; keeps the ledger's counts of them. */
export class InFlightBatches {
  readonly #counts: DeliveryCounts
  readonly #release: (bytes: Uint8Array) => void
  readonly #entries = new Map<number, Entry>()
  #bytes = 0
  // Of all batches so far. Before the first: a span of a few attributes.
  #allBytes = 500
  #allSpans = 1
  #lastId = 0

  /** @param release takes the memory of each batch that is not needed here any more */
  constructor(counts: DeliveryCounts, release: (bytes: Uint8Array) => void = () => undefined) {
    this.#counts = counts
    this.#release = release
  }

  /** Bytes of the batches that are in memory, each counted once. */
  get bytes(): number {
    return this.#bytes
  }

  /** On average. */
  get bytesOfSpan(): number {
    return this.#allBytes / this.#allSpans
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0
  }

  /** The spans are counted as queued already. */
  open(bytes: Uint8Array, spans: number): EncodedBatch {
    const batch = { id: (this.#lastId += 1), bytes, spans }
    this.#take(batch)
    this.#allBytes += bytes.byteLength
    this.#allSpans += spans
    return batch
  }

  spansOf(id: number): number {
    return this.#entries.get(id)?.spans ?? 0
  }

  onEvent(event: DeliveryEvent): void {
    if (!('id' in event)) return
    const entry = this.#entries.get(event.id)
    if (!entry) return
    if (event.kind === 'exporting') this.#move(entry, 'exporting')
    else if (event.kind === 'waiting') this.#move(entry, 'queued')
    else if (event.kind === 'spooled') this.#spooled(entry)
    else if (event.kind === 'shed') this.#shed(entry, event.spans, event.rest)
    else if (event.kind === 'split') this.#split(entry, event.halves)
    else {
      this.#close(entry)
      this.#counts.exported += event.exported
      this.#counts.droppedExportFailed += event.failed
    }
  }

  /** What another delivery would have to send if this one is gone; what is on disk stays there. */
  inMemory(): EncodedBatch[] {
    return [...this.#entries.values()].flatMap((entry) => {
      const { id, spans, bytes } = entry
      this.#move(entry, bytes ? 'queued' : 'spooled')
      return bytes ? [{ id, spans, bytes }] : []
    })
  }

  /** Gives up what is not settled and not on disk; how many spans that were. */
  abandon(): number {
    let lost = 0
    for (const batch of this.inMemory()) lost += batch.spans
    for (const entry of this.#entries.values()) if (entry.where !== 'spooled') this.#close(entry)
    this.#counts.droppedAtExit += lost
    // What is on disk is the next process's, and stays counted as spooled.
    this.#entries.clear()
    return lost
  }

  #move(entry: Entry, to: Where): void {
    if (entry.where === to) return
    this.#counts[entry.where] -= entry.spans
    this.#counts[to] += entry.spans
    entry.where = to
  }

  #spooled(entry: Entry): void {
    this.#move(entry, 'spooled')
    this.#setBytes(entry, undefined)
  }

  #shed(entry: Entry, spans: number, rest: Uint8Array | undefined): void {
    this.#counts.droppedOutageBuffer += spans
    if (!rest) {
      this.#close(entry)
      return
    }
    this.#counts[entry.where] -= spans
    entry.spans -= spans
    this.#setBytes(entry, rest)
  }

  #split(entry: Entry, halves: readonly EncodedBatch[]): void {
    this.#close(entry)
    for (const batch of halves) {
      this.#take(batch)
      this.#counts.queued += batch.spans
    }
  }

  #take(batch: EncodedBatch): void {
    this.#entries.set(batch.id, { ...batch, where: 'queued' })
    this.#bytes += batch.bytes.byteLength
  }

  #close(entry: Entry): void {
    this.#counts[entry.where] -= entry.spans
    this.#setBytes(entry, undefined)
    this.#entries.delete(entry.id)
  }

  #setBytes(entry: Entry, bytes: Uint8Array | undefined): void {
    const before = entry.bytes
    this.#bytes += (bytes?.byteLength ?? 0) - (before?.byteLength ?? 0)
    entry.bytes = bytes
    // Last: released memory has no length, and would count as none.
    if (before && before !== bytes) this.#release(before)
  }
}
