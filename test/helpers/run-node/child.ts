import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import { monotonicClock } from '../../../src/internal/runtime/clock.js'
import { cleanEnv } from './clean-env.js'

export interface NodeOptions {
  /** What stands after `node`. */
  readonly args: readonly string[]
  readonly cwd?: string
  /** The executable; this process's own by default. */
  readonly node?: string
  /** On top of an environment without anything of OpenTelemetry, of ours, or of the test runner. */
  readonly env?: Readonly<Record<string, string>>
}

export interface NodeResult {
  readonly stdout: string
  readonly stderr: string
  /** Null when a signal ended the process. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** Whether the process had to be killed because its time was up. */
  readonly timedOut: boolean
  readonly tookMillis: number
}

// Taken once: a test that fakes the timers doesn't fake its child's.
const { setTimeout, clearTimeout } = globalThis

/** A Node.js process of our own: what it says, and how it ends. Only this process is ever sent a signal. */
export class Child {
  stdout = ''
  stderr = ''
  /** Rejects only when the process can't be started. */
  readonly ended: Promise<NodeResult>
  readonly #process: ChildProcessWithoutNullStreams
  readonly #lines: string[] = []
  readonly #lineListeners = new Set<(line: string) => void>()
  #timedOut = false

  constructor({ args, cwd, env, node = process.execPath }: NodeOptions) {
    const startMillis = monotonicClock.nowMillis()
    const child = spawn(node, args, { cwd, env: cleanEnv(env), stdio: 'pipe' })
    this.#process = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    createInterface({ input: child.stdout }).on('line', this.#onLine)
    createInterface({ input: child.stderr }).on('line', this.#onLine)
    // A process that ends before it has read its input is no failure of ours.
    child.stdin.on('error', () => {})
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exitCode, signal) => {
        const tookMillis = monotonicClock.nowMillis() - startMillis
        resolve({ stdout: this.stdout, stderr: this.stderr, exitCode, signal, timedOut: this.#timedOut, tookMillis })
      })
    })
  }

  get pid(): number {
    return this.#process.pid ?? Number.NaN
  }

  endInput(text = ''): void {
    this.#process.stdin.end(text)
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** Kills the process when the time is up before it has ended. */
  async endedWithin(millis: number): Promise<NodeResult> {
    const timeout = setTimeout(() => this.kill(), millis)
    try {
      return await this.ended
    } finally {
      clearTimeout(timeout)
    }
  }

  kill(): void {
    this.#timedOut = true
    this.#process.kill('SIGKILL')
    // A grandchild may hold the pipes open: our ends of them are ours to close.
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.once('exit', this.#hangUp)
    else this.#hangUp()
  }

  readonly #hangUp = (): void => {
    this.#process.stdout.destroy()
    this.#process.stderr.destroy()
  }

  /** Calls back once, with the first line of stdout or stderr that matches, past lines included. */
  onceLine(pattern: RegExp, callback: (match: RegExpExecArray) => void): void {
    const listener = (line: string): boolean => {
      const match = pattern.exec(line)
      if (match === null) return false
      this.#lineListeners.delete(listener)
      callback(match)
      return true
    }
    if (!this.#lines.some(listener)) this.#lineListeners.add(listener)
  }

  readonly #onLine = (line: string): void => {
    this.#lines.push(line)
    for (const listener of this.#lineListeners) listener(line)
  }
}
