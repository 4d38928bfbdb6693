import { closeSync, openSync, writeSync } from 'node:fs'
import { messageOf } from '../../internal/diagnostics/diagnostics.js'
import { otlpJson, otlpLogsJson } from '../../viewer/copy/otlp-json.js'
import type { ReceivedLog, ReceivedSpan } from '../../viewer/model/received-span.js'

/** The file of `--save`: OTLP JSON, one message a line, written anew. */
export class SavedFile {
  readonly #path: string
  readonly #say: (line: string) => void
  #file: number | undefined

  /** @throws Error where the file cannot be written */
  constructor(path: string, say: (line: string) => void) {
    this.#path = path
    this.#say = say
    // Traces hold what others on this machine should not read.
    this.#file = openSync(path, 'w', 0o600)
  }

  add(spans: readonly ReceivedSpan[]): void {
    if (spans.length > 0) this.#write(() => otlpJson(spans))
  }

  /** Those that belong to no trace as well. */
  addLogs(logs: readonly ReceivedLog[]): void {
    if (logs.length > 0) this.#write(() => otlpLogsJson(logs))
  }

  /** What can't be written is said once, and no reason to receive nothing any more. */
  #write(message: () => object): void {
    if (this.#file === undefined) return
    try {
      const line = Buffer.from(`${JSON.stringify(message())}\n`)
      for (let written = 0; written < line.length;) written += writeSync(this.#file, line, written)
    } catch (error) {
      this.close()
      this.#say(`${this.#path} ends here: ${messageOf(error)}`)
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }
}
