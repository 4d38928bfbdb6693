import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import type { ReceivedLog } from '../model/received-span.js'
import { logInLine } from './log-lines.js'

const LOOK_MILLIS = 250
const CHUNK_BYTES = 1024 * 1024
/** A longer line is none of a log. */
const MAX_LINE = 1_000_000

/** Follows a log file: what is in it, and what is written to it from then on. */
export class LogFile {
  readonly #path: string
  readonly #take: (logs: readonly ReceivedLog[]) => void
  #position = 0
  #rest = ''
  #decoder = new StringDecoder('utf8')
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(path: string, take: (logs: readonly ReceivedLog[]) => void) {
    this.#path = path
    this.#take = take
  }

  /** Reads what has been written since the last time. A file that is not there yet, or is being exchanged, is read later. */
  read(): void {
    let file: number
    try {
      file = openSync(this.#path, 'r')
    } catch {
      return
    }
    try {
      this.#readFrom(file)
    } finally {
      closeSync(file)
    }
  }

  follow(): void {
    this.read()
    this.#timer = setInterval(() => this.read(), LOOK_MILLIS)
  }

  close(): void {
    clearInterval(this.#timer)
    this.read()
    if (this.#rest !== '') this.#takeLines([this.#rest])
    this.#rest = ''
  }

  #readFrom(file: number): void {
    const { size } = fstatSync(file)
    // It was emptied, or another one has its name: as log rotation does.
    if (size < this.#position) this.#restart()
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(size - this.#position, 0)))
    for (let read = -1; read !== 0 && chunk.length > 0;) {
      read = readSync(file, chunk, 0, chunk.length, this.#position)
      this.#position += read
      const lines = (this.#rest + this.#decoder.write(chunk.subarray(0, read))).split('\n')
      this.#rest = lines.pop() ?? ''
      if (this.#rest.length > MAX_LINE) this.#rest = ''
      this.#takeLines(lines)
    }
  }

  #restart(): void {
    this.#position = 0
    this.#rest = ''
    this.#decoder = new StringDecoder('utf8')
  }

  #takeLines(lines: readonly string[]): void {
    const logs = lines.map(logInLine).filter((log) => log !== undefined)
    if (logs.length > 0) this.#take(logs)
  }
}
