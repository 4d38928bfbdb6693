import type { ReceivedSpan } from '../model/received-span.js'
import type { ResourceText, TraceFacts, TraceSummary } from '../model/trace-store.js'
import { knownResourceText, resourceText, searchText } from './search-text.js'

/** A record as it is kept in a file. */
export interface StoredRecord extends Omit<TraceFacts, 'resources'> {
  readonly resources: readonly string[]
  readonly services: readonly string[]
  readonly root: TraceSummary['root']
  readonly logCount: number
  readonly bytes: number
  readonly lastArrivalMillis: number
  readonly isPinned: boolean
}

/** What files of an earlier version have not. */
type Later = 'run' | 'linkedTraces'

/** What is known of one trace, kept up to date with each arrival; and its neighbours by the time of the last arrival. */
export class TraceRecord implements TraceFacts {
  readonly traceId: string
  spanCount = 0
  logCount = 0
  /** What its spans, its logs and their texts take, about. */
  bytes = 0
  lastArrivalMillis = 0
  isPinned = false
  hasError = false
  longestMicros = 0
  firstStartMicros: number
  lastEndMicros: number
  text = ''
  /** Ids of its spans; not known at first of a trace that lies in a file. */
  spanIds: Set<string> | undefined
  readonly run: string
  readonly linkedTraces: string[] = []
  readonly resources: ResourceText[] = []
  newer: TraceRecord | undefined
  older: TraceRecord | undefined
  #root: TraceSummary['root']
  readonly #services: Set<string>

  constructor(traceId: string, run: string, services: readonly string[] = []) {
    this.traceId = traceId
    this.run = run
    this.firstStartMicros = Infinity
    this.lastEndMicros = -Infinity
    this.#services = new Set(services)
  }

  static from(stored: Omit<StoredRecord, Later> & Partial<Pick<StoredRecord, Later>>): TraceRecord {
    const { traceId, run = '', services, root, resources, linkedTraces = [], ...fields } = stored
    const record = Object.assign(new TraceRecord(traceId, run, services), fields)
    record.#root = root
    record.linkedTraces.push(...linkedTraces)
    record.resources.push(...resources.map(knownResourceText))
    return record
  }

  stored(): StoredRecord {
    const { spanCount, logCount, bytes, lastArrivalMillis, isPinned, hasError, longestMicros, text } = this
    const { traceId, run, linkedTraces, firstStartMicros, lastEndMicros } = this
    return {
      ...{ traceId, spanCount, logCount, bytes, lastArrivalMillis, isPinned, hasError, longestMicros, text },
      ...{ firstStartMicros, lastEndMicros, run, linkedTraces },
      resources: this.resources.map((resource) => resource.text),
      services: [...this.#services],
      root: this.#root,
    }
  }

  /** Returns by how much its text has grown. */
  addSpans(spans: readonly ReceivedSpan[]): number {
    this.spanCount += spans.length
    return this.amendSpans(spans)
  }

  /** The same of spans that are counted already, and have changed. */
  amendSpans(spans: readonly ReceivedSpan[]): number {
    for (const span of spans) this.#addSpan(span)
    const before = this.text.length
    this.text = searchText(this.text, spans)
    return this.text.length - before
  }

  #addSpan(span: ReceivedSpan): void {
    const { startMicros, endMicros = startMicros, resource } = span
    this.firstStartMicros = Math.min(this.firstStartMicros, startMicros)
    this.lastEndMicros = Math.max(this.lastEndMicros, endMicros)
    this.longestMicros = Math.max(this.longestMicros, endMicros - startMicros)
    this.hasError ||= span.status === 'error'
    this.#services.add(resource.service)
    const text = resourceText(resource)
    if (!this.resources.includes(text)) this.resources.push(text)
    for (const link of span.links) if (!this.linkedTraces.includes(link.traceId)) this.linkedTraces.push(link.traceId)
    const { spanId, name } = span
    const isFirst = !this.#root || startMicros < this.#root.startMicros || spanId === this.#root.spanId
    if (span.parentSpanId === undefined && isFirst) {
      this.#root = { spanId, service: resource.service, name, startMicros, endMicros: span.endMicros }
    }
  }

  /** None for a trace of which only logs arrived so far: they leave a process before its spans do. */
  summary(): TraceSummary | undefined {
    if (this.spanCount === 0) return undefined
    return {
      traceId: this.traceId,
      run: this.run,
      spanCount: this.spanCount,
      firstStartMicros: this.firstStartMicros,
      lastEndMicros: this.lastEndMicros,
      lastArrivalMillis: this.lastArrivalMillis,
      services: [...this.#services],
      hasError: this.hasError,
      root: this.#root,
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
