import { warnOnce, warnOfError } from '../internal/diagnostics/diagnostics.js'
import { readEnv } from '../internal/runtime/env.js'
import type { TracePiece } from './trace-piece.js'
import { waterfall } from './drawing/waterfall.js'

/** A stream that nobody reads must not fill the memory. */
const MOST_BYTES_WAITING = 16 * 1_024 * 1_024
const WRITTEN_TIMEOUT_MILLIS = 1_000

export interface PrinterOptions {
  /** Default: `process.stdout`. */
  readonly stream: (NodeJS.WritableStream & { isTTY?: boolean; columns?: number }) | undefined
  readonly columns: number | undefined
  /** Where the stream has no width of its own. */
  readonly defaultColumns: number
  readonly colours: boolean | undefined
}

/** Writes each piece with one write, so that concurrent traces do not mix. Never throws. */
export class Printer {
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
      warnOnce('console-exporter-slow', 'the console exporter skips traces: its stream is too slow')
      return
    }
    const lines = this.#linesOf(piece, stream)
    if (this.#skipped > 0) lines.unshift(`${this.#skipped} traces not printed: the output is too slow`, '')
    this.#skipped = 0
    this.#write(stream, `${lines.join('\n')}\n\n`)
  }

  #linesOf(piece: TracePiece, stream: NonNullable<PrinterOptions['stream']>): string[] {
    const width =
      this.#options.columns ?? (stream.isTTY === true ? stream.columns : undefined) ?? this.#options.defaultColumns
    try {
      return waterfall(piece, { columns: width, colours: this.#options.colours ?? wantsColours(stream) })
    } catch (error) {
      warnOfError('the console exporter could not draw a trace', error)
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
