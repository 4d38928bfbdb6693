import { TraceFlags, type SpanContext } from '@opentelemetry/api'
import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { warnOnce } from '../internal/diagnostics.js'
import { TracingConfigError } from '../internal/errors.js'
import { readEnv } from '../internal/env.js'
import { checkKeys, checkNumber, checkPart } from '../internal/validate.js'
import { waterfall, type TracePiece } from './waterfall.js'

export interface ConsoleExporterOptions {
  /** Where traces are printed. Default: `process.stdout`. */
  stream?: NodeJS.WritableStream & { isTTY?: boolean; columns?: number }
  /** Width in terminal cells, drawn within 40 to 200. Default: the terminal's own; 100 where there is none. */
  columns?: number
  /** Default: only on a terminal. `FORCE_COLOR`, `NO_COLOR` and `TERM=dumb` are honoured, in this order. */
  colours?: boolean
  /** Spans held back at most, open ones included; beyond that the oldest trace is printed early. Default: 10,000. */
  maxBufferedSpans?: number
}

const DEFAULTS = { columns: 100, maxBufferedSpans: 10_000 } as const

/**
 * Prints one waterfall for each trace, as soon as the trace's part in this process is over: its local root (a span
 * without a parent, or with a remote one) has ended and nothing else of it is open. What ends later is printed as a
 * continuation. Only sampled spans are printed. For development and for a look on the spot, not for a busy service:
 * drawing is synchronous.
 *
 * @throws TracingConfigError when an option is wrong
 */
export function consoleSpanProcessor(options: ConsoleExporterOptions = {}): SpanProcessor {
  return new ConsoleSpanProcessor(partsOf(options, true))
}

/**
 * The same for where only an exporter fits, such as `new NodeSDK({ traceExporter: consoleExporter() })`. It sees a span
 * only once it has ended, so a trace is printed 100 ms after its local root has arrived. Prefer
 * {@link consoleSpanProcessor}, which knows what is still open.
 *
 * @throws TracingConfigError when an option is wrong
 */
export function consoleExporter(options: ConsoleExporterOptions = {}): SpanExporter {
  return new ConsoleExporter(partsOf(options, false))
}

class ConsoleSpanProcessor implements SpanProcessor {
  readonly #buffer: TraceBuffer
  readonly #printer: Printer
  #stopped = false

  constructor({ buffer, printer }: ReturnType<typeof partsOf>) {
    this.#buffer = buffer
    this.#printer = printer
  }

  onStart(span: ReadableSpan): void {
    if (!this.#stopped && isSampled(span)) this.#buffer.started(span)
  }

  onEnd(span: ReadableSpan): void {
    if (!this.#stopped && isSampled(span)) this.#buffer.ended(span)
  }

  async forceFlush(): Promise<void> {
    this.#buffer.printAll()
    await this.#printer.written()
  }

  async shutdown(): Promise<void> {
    await this.forceFlush()
    this.#stopped = true
    this.#buffer.forget()
  }
}

class ConsoleExporter implements SpanExporter {
  readonly #buffer: TraceBuffer
  readonly #printer: Printer
  #stopped = false

  constructor({ buffer, printer }: ReturnType<typeof partsOf>) {
    this.#buffer = buffer
    this.#printer = printer
  }

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    const error = this.#stopped ? new Error('the console exporter has been shut down') : this.#printer.failure
    if (error) {
      resultCallback({ code: ExportResultCode.FAILED, error })
      return
    }
    for (const span of spans) if (isSampled(span)) this.#buffer.ended(span)
    resultCallback({ code: ExportResultCode.SUCCESS })
  }

  async forceFlush(): Promise<void> {
    this.#buffer.printAll()
    await this.#printer.written()
  }

  async shutdown(): Promise<void> {
    this.#stopped = true
    await this.forceFlush()
  }
}

function isSampled(span: ReadableSpan): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0
}

// ---- traces that are not over yet ----------------------------------------------------------------------------------

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
const MOST_NAMES_REMEMBERED = 2_000

/** Gathers the spans of each trace and decides when to print them. */
class TraceBuffer {
  readonly #options: TraceBufferOptions
  readonly #traces = new Map<string, LocalTrace>()
  /** Open and ended spans together. */
  #spans = 0
  /** Traces and spans printed of late, to recognise what continues them. */
  readonly #printedTraces = new Map<string, true>()
  readonly #printedNames = new Map<string, string>()

  constructor(options: TraceBufferOptions) {
    this.#options = options
  }

  // A span that is broken (names and contexts come from the host) must not make `startSpan` or `end` throw.
  started(span: ReadableSpan): void {
    withoutThrowing(() => this.#add(span))
  }

  ended(span: ReadableSpan): void {
    withoutThrowing(() => this.#end(span))
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
    for (const trace of [...this.#traces.values()]) withoutThrowing(() => this.#print(trace))
  }

  forget(): void {
    for (const { timer } of this.#traces.values()) clearTimeout(timer)
    this.#traces.clear()
    this.#spans = 0
    unprinted.delete(this)
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
    trace.timer = setTimeout(() => withoutThrowing(() => this.#print(trace)), waitMillis).unref()
  }

  #waitMillis({ id, open, openRoots, rootEnded }: LocalTrace): number {
    const continues = this.#printedTraces.has(id)
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
      continued: this.#printedTraces.has(trace.id),
      nameOf: (spanId) => this.#printedNames.get(spanId),
    })
    remember(this.#printedTraces, trace.id, true)
    for (const span of spans) remember(this.#printedNames, span.spanContext().spanId, span.name.slice(0, 100))
  }

  #drop(trace: LocalTrace): void {
    this.#traces.delete(trace.id)
    this.#spans -= trace.open.size
    if (this.#traces.size === 0) unprinted.delete(this)
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

function withoutThrowing(fn: () => void): void {
  try {
    fn()
  } catch (error) {
    warnOnce('console-exporter', `the console exporter could not handle a span: ${messageOf(error)}`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error'
}

function isLocalRoot({ parentSpanContext }: ReadableSpan): boolean {
  return parentSpanContext === undefined || parentSpanContext.isRemote === true
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= MOST_NAMES_REMEMBERED) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
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

// ---- the stream ----------------------------------------------------------------------------------------------------

/** A stream that nobody reads must not fill the memory. */
const MOST_BYTES_WAITING = 16 * 1_024 * 1_024
const WRITTEN_TIMEOUT_MILLIS = 1_000

interface PrinterOptions {
  readonly stream: ConsoleExporterOptions['stream']
  readonly columns: number | undefined
  readonly colours: boolean | undefined
}

/** Writes each piece with one write, so that concurrent traces do not mix. Never throws. */
class Printer {
  /** Why printing has stopped. */
  failure: Error | undefined
  readonly #options: PrinterOptions
  #pending = 0
  #skipped = 0
  #waiting: (() => void)[] = []

  constructor(options: PrinterOptions) {
    this.#options = options
  }

  print(piece: TracePiece): void {
    if (this.failure) return
    const stream = this.#options.stream ?? process.stdout
    if ('writableLength' in stream && stream.writableLength > MOST_BYTES_WAITING) {
      this.#skipped += 1
      warnOnce('console-exporter-slow', 'the console exporter leaves traces out: its stream does not keep up')
      return
    }
    const lines = this.#linesOf(piece, stream)
    if (this.#skipped > 0) lines.unshift(`${this.#skipped} traces not printed: the output does not keep up`, '')
    this.#skipped = 0
    this.#write(stream, `${lines.join('\n')}\n\n`)
  }

  #linesOf(piece: TracePiece, stream: NonNullable<PrinterOptions['stream']>): string[] {
    const width = this.#options.columns ?? (stream.isTTY === true ? stream.columns : undefined) ?? DEFAULTS.columns
    try {
      return waterfall(piece, { columns: width, colours: this.#options.colours ?? wantsColours(stream) })
    } catch (error) {
      warnOnce('console-exporter-draw', `the console exporter could not draw a trace: ${messageOf(error)}`)
      const traceId = piece.spans[0]?.spanContext().traceId.replaceAll(/\W/g, '') ?? ''
      return [`trace ${traceId}  ${piece.spans.length} spans that could not be drawn`]
    }
  }

  /** Resolves when the stream has taken everything, or after a second. */
  async written(): Promise<void> {
    if (this.#pending === 0) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, WRITTEN_TIMEOUT_MILLIS)
      this.#waiting.push(resolve)
    })
    clearTimeout(timer)
  }

  #write(stream: NodeJS.WritableStream, text: string): void {
    // A write that fails makes the stream emit 'error', which nobody may be listening for: that would end the process.
    // Listening only while a write of ours is under way leaves the host's own errors to the host.
    if (this.#pending === 0) stream.on('error', this.#onError)
    this.#pending += 1
    try {
      stream.write(text, (error) => this.#onWritten(stream, error))
    } catch (error) {
      this.#onWritten(stream, error instanceof Error ? error : new Error('write failed'))
    }
  }

  #onWritten(stream: NodeJS.WritableStream, error: Error | null | undefined): void {
    this.#pending -= 1
    if (error) this.#onError(error)
    if (this.#pending > 0) return
    if (!this.failure) stream.removeListener('error', this.#onError)
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  // 'error' follows the failed write's callback, so after a failure this stays on as the stream's listener.
  readonly #onError = (error: Error): void => {
    this.failure ??= error
    warnOnce('console-exporter-stream', `the console exporter stops printing: its stream failed (${error.message})`)
  }
}

function wantsColours(stream: { isTTY?: boolean }): boolean {
  const forced = readEnv('FORCE_COLOR')
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  return stream.isTTY === true && readEnv('NO_COLOR') === undefined && readEnv('TERM') !== 'dumb'
}

function partsOf(options: ConsoleExporterOptions, seesStarts: boolean): { buffer: TraceBuffer; printer: Printer } {
  const { stream, columns, colours, maxBufferedSpans } = options
  checkKeys('', options, ['stream', 'columns', 'colours', 'maxBufferedSpans'])
  if (stream !== undefined) checkPart('stream', stream, 'a writable stream', ['write', 'on', 'removeListener'])
  checkNumber('columns', columns, { min: 1, integer: true })
  checkNumber('maxBufferedSpans', maxBufferedSpans, { min: 1, integer: true })
  if (!['boolean', 'undefined'].includes(typeof colours)) {
    throw new TracingConfigError('ERR_OPTION_TYPE', { option: 'colours', allowed: 'true or false', received: colours })
  }
  const printer = new Printer({ stream, columns, colours })
  const buffer = new TraceBuffer({
    maxBufferedSpans: maxBufferedSpans ?? DEFAULTS.maxBufferedSpans,
    seesStarts,
    print: (piece) => printer.print(piece),
  })
  return { buffer, printer }
}
