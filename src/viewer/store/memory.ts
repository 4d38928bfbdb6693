import type { ReceivedLog, ReceivedSpan } from '../model/received-span.js'
import type { TraceStore } from '../model/trace-store.js'
import { IndexedStore, type StoreOptions } from './indexed-store.js'
import type { Arrival, Shelf } from './shelf.js'

export type { StoreOptions } from './indexed-store.js'

/** Keeps traces in memory, within limits. */
export function memoryStore(options: StoreOptions = {}): TraceStore {
  return new IndexedStore(new MemoryShelf(), options)
}

interface Kept {
  readonly spans: ReceivedSpan[]
  readonly logs: ReceivedLog[]
}

class MemoryShelf implements Shelf {
  readonly #traces = new Map<string, Kept>()

  load(): [] {
    return []
  }

  put(arrivals: readonly Arrival[]): void {
    for (const { record, spans, logs } of arrivals) {
      let kept = this.#traces.get(record.traceId)
      if (!kept) this.#traces.set(record.traceId, (kept = { spans: [], logs: [] }))
      // Not push(...spans): a call takes some 100,000 arguments.
      for (const span of spans) kept.spans.push(span)
      for (const log of logs) kept.logs.push(log)
    }
  }

  replace(traceId: string, spans: readonly ReceivedSpan[]): void {
    this.#traces.set(traceId, { spans: [...spans], logs: this.#traces.get(traceId)?.logs ?? [] })
  }

  spansOf(traceId: string): readonly ReceivedSpan[] {
    return this.#traces.get(traceId)?.spans ?? []
  }

  logsOf(traceId: string): readonly ReceivedLog[] {
    return this.#traces.get(traceId)?.logs ?? []
  }

  remove(traceIds: readonly string[]): void {
    for (const traceId of traceIds) this.#traces.delete(traceId)
  }

  clear(): void {
    this.#traces.clear()
  }

  close(): void {}
}
