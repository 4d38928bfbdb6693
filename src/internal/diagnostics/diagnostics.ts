import { diag, DiagLogLevel, type DiagLogFunction, type DiagLogger } from '@opentelemetry/api'
import { format } from 'node:util'
import { canRead, ownApi, apiGlobals } from '../otel-api/api-version.js'
import { explainRefusal } from '../otel-api/refused-registrations.js'
import { withoutActingCharacters } from '../text/plain-line.js'
import { monotonicClock, type Clock } from '../runtime/clock.js'

/** Of warnings, in a period. */
const MOST_LINES = 100
const PERIOD_MILLIS = 60_000
const MOST_REMEMBERED = 1_000

export const LINES_LEFT_OUT =
  'more than 100 different warnings in a minute: the next ones are left out until it is over'

/** Which lines are new, and how many of them a minute may have: what an error says can be different each time. */
export class LineLimit {
  readonly #mostLines: number
  readonly #clock: Clock
  readonly #remembered = new Set<string>()
  #periodBeganMillis = -Infinity
  #lines = 0

  constructor(mostLines: number = MOST_LINES, clock: Clock = monotonicClock) {
    this.#mostLines = mostLines
    this.#clock = clock
  }

  /**
   * Whether to print the line with this key. Of a line that is left out nothing is remembered. `last`: print that others
   * are left out.
   */
  decide(key: string): 'print' | 'last' | 'skip' {
    if (this.#remembered.has(key)) return 'skip'
    const now = this.#clock.nowMillis()
    if (now - this.#periodBeganMillis >= PERIOD_MILLIS) {
      this.#periodBeganMillis = now
      this.#lines = 0
    }
    this.#lines += 1
    if (this.#lines > this.#mostLines) return this.#lines === this.#mostLines + 1 ? 'last' : 'skip'
    this.#remember(key)
    return 'print'
  }

  /** The oldest is forgotten first, and may be printed once more. */
  #remember(key: string): void {
    if (this.#remembered.size >= MOST_REMEMBERED) {
      const [oldest = ''] = this.#remembered
      this.#remembered.delete(oldest)
    }
    this.#remembered.add(key)
  }
}

export const PREFIX = 'spanwright: '
const warnings = new LineLimit()
const listeners = new Set<(message: string) => void>()

/**
 * Logs a warning, once a process for each key. It goes to OpenTelemetry's diagnostic logger, so that a
 * logger or level that the user chose is respected; without one it goes to stderr. Never stdout: that is the app's own.
 * At most 100 lines a minute. What takes time to write can be given as a function.
 */
export function warnOnce(key: string, message: string | (() => string)): void {
  const decision = warnings.decide(key)
  if (decision === 'last') warn(LINES_LEFT_OUT)
  if (decision === 'print') warn(typeof message === 'string' ? message : message())
}

export function warn(message: string): void {
  for (const listener of listeners) listener(message)
  if (hasDiagLogger()) diag.warn(PREFIX + message)
  else writeLine(PREFIX + message)
}

/** Calls the listener with each warning of ours from now on, whatever the level of the logger. */
export function onWarning(listener: (message: string) => void): void {
  listeners.add(listener)
}

/** Logs what a thread of ours has to log: our own warnings, and those of OpenTelemetry's parts in it. */
export function repeatWarning(message: string): void {
  if (message.startsWith(PREFIX)) warnOnce(message, message.slice(PREFIX.length))
  else diag.warn(message)
}

/** The message of an error, for a warning; anything can be thrown. */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    return 'an error without a message'
  }
}

/** Logs a failure once: `failure: message of the error`. */
export function warnOfError(failure: string, error: unknown): void {
  warnOnce(failure, `${failure}: ${messageOf(error)}`)
}

/** A warning of OpenTelemetry's kind. Neither what it is about, which may have no text, nor the user's logger fails the app. */
export function diagWarn(message: () => string): void {
  try {
    diag.warn(message())
  } catch {
    // Nothing is lost but the warning.
  }
}

/**
 * Prints OpenTelemetry's diagnostics on stderr: by default they go nowhere, so that a wrong variable or a failing backend
 * is not seen. Lines that are equal except for their numbers are printed once.
 */
export function logDiagnosticsToStderr(logLevel: DiagLogLevel): void {
  diag.setLogger(new StderrLogger(), { logLevel, suppressOverrideMessage: true })
}

/** Whether a diagnostic logger (the app's, or ours) is registered with the OpenTelemetry API, where we find it. */
export function hasDiagLogger(): boolean {
  const globals = apiGlobals()
  if (!globals?.diag) return false
  const own = ownApi()
  return own === undefined || globals.version === undefined || canRead(own.version, globals.version)
}

class StderrLogger implements DiagLogger {
  readonly #warnings = new LineLimit()
  /** Printed only where the log level asks for them. */
  readonly #details = new LineLimit(Infinity)
  readonly error: DiagLogFunction = this.#printerFor('error', this.#warnings)
  readonly warn: DiagLogFunction = this.#printerFor('warn', this.#warnings)
  readonly info: DiagLogFunction = this.#printerFor('info', this.#details)
  readonly debug: DiagLogFunction = this.#printerFor('debug', this.#details)
  readonly verbose: DiagLogFunction = this.#printerFor('verbose', this.#details)

  #printerFor(level: string, lines: LineLimit): DiagLogFunction {
    return (...parts) => {
      const text = format(...parts)
      // Our own lines are chosen by warnOnce: a second one says something new.
      if (text.startsWith(PREFIX)) writeLine(text)
      else if (explainRefusal(text, warnOnce)) return
      else printOnce(`opentelemetry ${level}: ${text}`, lines)
    }
  }
}

function printOnce(line: string, lines: LineLimit): void {
  const decision = lines.decide(line.replace(/\d+/g, '#'))
  if (decision !== 'skip') writeLine(decision === 'print' ? line : `opentelemetry: ${LINES_LEFT_OUT}`)
}

function writeLine(line: string): void {
  try {
    process.stderr.write(`${withoutActingCharacters(line)}\n`)
  } catch {
    // A closed stderr is no reason to disturb the app.
  }
}

/**
 * What fn returns. Where it throws, undefined; the failure is logged once: `failure: message of the error`.
 *
 * @param failure what has not been done because of it
 */
export function safely<T>(failure: string, fn: () => T): T | undefined {
  try {
    return fn()
  } catch (error) {
    warnOfError(failure, error)
    return undefined
  }
}
