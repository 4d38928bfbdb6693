import type { DeliveryCounts } from '../pipeline/ledger.js'
import type { EncodedBatch } from './queued-batch.js'
import type { DeliveryEvent } from './events.js'

type Where = 'queued' | 'exporting' | 'spooled'

interface Entry {
  batch: EncodedBatch
  where: Where
}

/** The batches that a delivery has taken and not settled, by its events; keeps the ledger's counts of them. */
export class InFlightBatches {
  readonly #counts: DeliveryCounts
  readonly #entries = new Map<number, Entry>()
  #bytes = 0
  // Of all batches so far. Before the first: a span of a few attributes.
  #allBytes = 500
  #allSpans = 1
  #lastId = 0

  constructor(counts: DeliveryCounts) {
    this.#counts = counts
  }

  /** Bytes of the batches that are in memory. */
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
    this.#entries.set(batch.id, { batch, where: 'queued' })
    this.#bytes += bytes.byteLength
    this.#allBytes += bytes.byteLength
    this.#allSpans += spans
    return batch
  }

  spansOf(id: number): number {
    return this.#entries.get(id)?.batch.spans ?? 0
  }

  onEvent(event: DeliveryEvent): void {
    if (!('id' in event)) return
    const entry = this.#entries.get(event.id)
    if (!entry) return
    if (event.kind === 'exporting') this.#move(entry, 'exporting')
    else if (event.kind === 'waiting') this.#move(entry, 'queued')
    else if (event.kind === 'spooled') this.#move(entry, 'spooled')
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
    const entries = [...this.#entries.values()].filter(({ where }) => where !== 'spooled')
    for (const entry of entries) this.#move(entry, 'queued')
    return entries.map(({ batch }) => batch)
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
    this.#counts[entry.where] -= entry.batch.spans
    this.#counts[to] += entry.batch.spans
    if (to === 'spooled') this.#bytes -= entry.batch.bytes.byteLength
    if (entry.where === 'spooled') this.#bytes += entry.batch.bytes.byteLength
    entry.where = to
  }

  #shed(entry: Entry, spans: number, rest: Uint8Array | undefined): void {
    this.#counts.droppedOutageBuffer += spans
    if (!rest) {
      this.#close(entry)
      return
    }
    this.#counts[entry.where] -= spans
    this.#bytes += rest.byteLength - entry.batch.bytes.byteLength
    entry.batch = { id: entry.batch.id, bytes: rest, spans: entry.batch.spans - spans }
  }

  #split(entry: Entry, halves: readonly EncodedBatch[]): void {
    this.#close(entry)
    for (const batch of halves) {
      this.#entries.set(batch.id, { batch, where: 'queued' })
      this.#counts.queued += batch.spans
      this.#bytes += batch.bytes.byteLength
    }
  }

  #close(entry: Entry): void {
    const { id, spans, bytes } = entry.batch
    this.#counts[entry.where] -= spans
    if (entry.where !== 'spooled') this.#bytes -= bytes.byteLength
    this.#entries.delete(id)
  }
}
