import type { SpanContext } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { TracePiece } from './trace-piece.js'
import { safely } from '../internal/diagnostics/diagnostics.js'

interface LocalTrace {
  readonly id: string
  readonly open: Map<string, ReadableSpan>
  openRoots: number
  rootEnded: boolean
  ended: ReadableSpan[]
  timer: NodeJS.Timeout | undefined
  timerMillis: number
}

interface TraceBufferOptions {
  readonly maxBufferedSpans: number
  /** Whether `started` is called for every span: then a trace without open spans is known to be over. */
  readonly seesStarts: boolean
  readonly print: (piece: TracePiece) => void
}

/** Stragglers are given this long: children of an ended root, and what an exporter's next call brings. */
const GRACE_MILLIS = 100
/** Spans that outlive their root (streams, work after the response) are printed together, not one by one. */
const LATE_MILLIS = 5_000
/** A root that runs for hours must not hide what has ended beneath it. */
const LONGEST_WAIT_MILLIS = 60_000

/** Gathers the spans of each trace and decides when to print them. */
export class TraceBuffer {
  readonly #options: TraceBufferOptions
  readonly #traces = new Map<string, LocalTrace>()
  /** Open and ended spans together. */
  #spans = 0
  readonly #printed = new PrintedLately()

  constructor(options: TraceBufferOptions) {
    this.#options = options
  }

  // A span that is broken (names and contexts come from the host) must not make `startSpan` or `end` throw.
  started(span: ReadableSpan): void {
    guarded(() => this.#add(span))
  }

  ended(span: ReadableSpan): void {
    guarded(() => this.#end(span))
  }

  #add(span: ReadableSpan): void {
    const trace = this.#traceOf(span.spanContext())
    trace.open.set(span.spanContext().spanId, span)
    if (isLocalRoot(span)) trace.openRoots += 1
    this.#spans += 1
    this.#makeRoom()
  }

  #end(span: ReadableSpan): void {
    const trace = this.#traceOf(span.spanContext())
    const wasOpen = trace.open.delete(span.spanContext().spanId)
    if (!wasOpen) this.#spans += 1
    if (isLocalRoot(span)) {
      trace.rootEnded = true
      if (wasOpen) trace.openRoots -= 1
    }
    trace.ended.push(span)
    this.#schedule(trace)
    this.#makeRoom()
  }

  /** Prints what has ended; open spans stay known, so that their end is printed as a continuation. */
  printAll(): void {
    for (const trace of [...this.#traces.values()]) guarded(() => this.#print(trace))
  }

  forget(): void {
    for (const { timer } of this.#traces.values()) clearTimeout(timer)
    this.#traces.clear()
    this.#spans = 0
    doNotPrintAtExit(this)
  }

  #traceOf({ traceId }: SpanContext): LocalTrace {
    const known = this.#traces.get(traceId)
    if (known) return known
    const trace: LocalTrace = {
      id: traceId,
      open: new Map(),
      openRoots: 0,
      rootEnded: false,
      ended: [],
      timer: undefined,
      timerMillis: Infinity,
    }
    this.#traces.set(traceId, trace)
    printAtExit(this)
    return trace
  }

  #schedule(trace: LocalTrace): void {
    const waitMillis = this.#waitMillis(trace)
    if (waitMillis === 0) {
      this.#print(trace)
      return
    }
    if (waitMillis >= trace.timerMillis) return
    clearTimeout(trace.timer)
    trace.timerMillis = waitMillis
    trace.timer = setTimeout(() => guarded(() => this.#print(trace)), waitMillis).unref()
  }

  #waitMillis({ id, open, openRoots, rootEnded }: LocalTrace): number {
    const continues = this.#printed.hasTrace(id)
    if (openRoots > 0) return LONGEST_WAIT_MILLIS
    if (!this.#options.seesStarts) return rootEnded || continues ? GRACE_MILLIS : LONGEST_WAIT_MILLIS
    if (open.size > 0) return rootEnded && !continues ? GRACE_MILLIS : LATE_MILLIS
    return rootEnded && !continues ? 0 : GRACE_MILLIS
  }

  #print(trace: LocalTrace): void {
    clearTimeout(trace.timer)
    trace.timer = undefined
    trace.timerMillis = Infinity
    const spans = trace.ended
    trace.ended = []
    this.#spans -= spans.length
    if (trace.open.size === 0) this.#drop(trace)
    if (spans.length === 0) return
    this.#options.print({
      spans,
      open: [...trace.open.values()],
      continued: this.#printed.hasTrace(trace.id),
      nameOf: (spanId) => this.#printed.nameOf(spanId),
    })
    this.#printed.add(trace.id, spans)
  }

  #drop(trace: LocalTrace): void {
    this.#traces.delete(trace.id)
    this.#spans -= trace.open.size
    if (this.#traces.size === 0) doNotPrintAtExit(this)
  }

  /** Open spans that are let go of here are still printed when they end. */
  #makeRoom(): void {
    while (this.#spans > this.#options.maxBufferedSpans) {
      const [oldest] = this.#traces.values()
      if (!oldest) return
      this.#print(oldest)
      if (this.#traces.has(oldest.id)) this.#drop(oldest)
    }
  }
}

function isLocalRoot({ parentSpanContext }: ReadableSpan): boolean {
  return parentSpanContext === undefined || parentSpanContext.isRemote === true
}

function guarded(fn: () => void): void {
  safely('the console exporter could not handle a span', fn)
}

const unprinted = new Set<TraceBuffer>()
let listensForExit = false

/** A script that ends, or calls `process.exit`, without shutting tracing down still sees its traces. */
function printAtExit(buffer: TraceBuffer): void {
  unprinted.add(buffer)
  if (listensForExit) return
  listensForExit = true
  process.once('exit', () => {
    for (const each of [...unprinted]) each.printAll()
  })
}

function doNotPrintAtExit(buffer: TraceBuffer): void {
  unprinted.delete(buffer)
}

const MOST_NAMES_REMEMBERED = 2_000

/** Traces and spans printed of late, to recognise what continues them. */
class PrintedLately {
  readonly #traces = new Map<string, true>()
  readonly #names = new Map<string, string>()

  add(traceId: string, spans: readonly ReadableSpan[]): void {
    remember(this.#traces, traceId, true)
    for (const span of spans) remember(this.#names, span.spanContext().spanId, span.name.slice(0, 100))
  }

  hasTrace(traceId: string): boolean {
    return this.#traces.has(traceId)
  }

  nameOf(spanId: string): string | undefined {
    return this.#names.get(spanId)
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= MOST_NAMES_REMEMBERED) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
