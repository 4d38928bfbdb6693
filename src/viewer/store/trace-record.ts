import type { ReceivedLog, ReceivedSpan } from '../model/received-span.js'
import type { TraceSummary } from '../model/trace-store.js'

/** One trace in memory, with what its summary needs kept up to date, and its neighbours by the time of the last arrival. */
export class TraceRecord {
  readonly traceId: string
  readonly spans: ReceivedSpan[] = []
  readonly logs: ReceivedLog[] = []
  bytes = 0
  lastArrivalMillis = 0
  isPinned = false
  newer: TraceRecord | undefined
  older: TraceRecord | undefined
  #firstStartMicros = Infinity
  #lastEndMicros = -Infinity
  #hasError = false
  #root: ReceivedSpan | undefined
  readonly #services = new Set<string>()

  constructor(traceId: string) {
    this.traceId = traceId
  }

  addSpan(span: ReceivedSpan, bytes: number): void {
    this.spans.push(span)
    this.bytes += bytes
    this.#firstStartMicros = Math.min(this.#firstStartMicros, span.startMicros)
    this.#lastEndMicros = Math.max(this.#lastEndMicros, span.endMicros ?? span.startMicros)
    this.#hasError ||= span.status === 'error'
    this.#services.add(span.resource.service)
    if (span.parentSpanId !== undefined) return
    if (this.#root === undefined || span.startMicros < this.#root.startMicros) this.#root = span
  }

  addLog(log: ReceivedLog, bytes: number): void {
    this.logs.push(log)
    this.bytes += bytes
  }

  /** None for a trace of which only logs arrived so far: they leave a process before its spans do. */
  summary(): TraceSummary | undefined {
    if (this.spans.length === 0) return undefined
    const root = this.#root
    return {
      traceId: this.traceId,
      spanCount: this.spans.length,
      firstStartMicros: this.#firstStartMicros,
      lastEndMicros: this.#lastEndMicros,
      lastArrivalMillis: this.lastArrivalMillis,
      services: [...this.#services],
      hasError: this.#hasError,
      root: root && {
        spanId: root.spanId,
        service: root.resource.service,
        name: root.name,
        startMicros: root.startMicros,
        endMicros: root.endMicros,
      },
    }
  }

  linkAfter(newer: TraceRecord): void {
    this.newer = newer
    this.older = newer.older
    if (newer.older) newer.older.newer = this
    newer.older = this
  }

  unlink(): void {
    if (this.newer) this.newer.older = this.older
    if (this.older) this.older.newer = this.newer
    this.newer = this.older = undefined
  }
}
