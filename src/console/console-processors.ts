import { TraceFlags } from '@opentelemetry/api'
import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'
import { Printer, type PrinterOptions } from './printer.js'
import { TraceBuffer } from './trace-buffer.js'

/* The build makes a file of it: few processes print traces. */

export interface ConsoleParts extends PrinterOptions {
  readonly maxBufferedSpans: number
}

function printerAndBuffer({ maxBufferedSpans, ...options }: ConsoleParts, seesStarts: boolean): [Printer, TraceBuffer] {
  const printer = new Printer(options)
  return [printer, new TraceBuffer({ maxBufferedSpans, seesStarts, print: (piece) => printer.print(piece) })]
}

export class ConsoleSpanProcessor implements SpanProcessor {
  readonly #buffer: TraceBuffer
  readonly #printer: Printer
  #stopped = false

  constructor(parts: ConsoleParts) {
    ;[this.#printer, this.#buffer] = printerAndBuffer(parts, true)
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

export class ConsoleExporter implements SpanExporter {
  readonly #buffer: TraceBuffer
  readonly #printer: Printer
  #stopped = false

  constructor(parts: ConsoleParts) {
    ;[this.#printer, this.#buffer] = printerAndBuffer(parts, false)
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
