import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { isHeld, whileHeld } from '../../../internal/runtime/held-files.js'
import { encrypt } from '../encrypt.js'
import type { Instructions } from '../instructions.js'
import type { ProcessReport } from '../process-report.js'

/** How old the report of a process may be that is killed. */
const REFRESH_MILLIS = 250

/** Keeps the file of this process, or worker, up to date: while it runs, and as it ends. */
export class ReportFile {
  readonly #path: string
  readonly #key: string
  readonly #contents: () => ProcessReport
  readonly #timer: NodeJS.Timeout
  #last = ''

  constructor({ folder, key }: Instructions, contents: () => ProcessReport) {
    this.#path = join(folder, `${process.pid}-${threadId}`)
    this.#key = key
    this.#contents = contents
    this.#timer = setInterval(() => this.write(), REFRESH_MILLIS)
    this.#timer.unref()
    process.on('exit', () => this.write())
  }

  /** Never throws. Whole or not at all: the doctor may read at any time. */
  write(): void {
    try {
      const text = JSON.stringify(this.#contents())
      if (text === this.#last) return
      writeFileSync(`${this.#path}.new`, encrypt(text, this.#key), { mode: 0o600 })
      whileHeld(() => renameSync(`${this.#path}.new`, `${this.#path}.report`))
      this.#last = text
    } catch (error) {
      if (isHeld(error)) return
      // The doctor has ended and removed the folder.
      clearInterval(this.#timer)
    }
  }
}
