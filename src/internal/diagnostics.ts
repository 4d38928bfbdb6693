import { diag, DiagLogLevel, type DiagLogFunction, type DiagLogger } from '@opentelemetry/api'
import { format } from 'node:util'

const PREFIX = 'spanwright: '
const told = new Set<string>()

/**
 * Says something to the operator, once a process for each key. It goes to OpenTelemetry's diagnostic logger, so that a
 * logger or level that the user chose is respected; without one it goes to stderr. Never stdout: that is the app's own.
 */
export function warnOnce(key: string, message: string): void {
  if (told.has(key)) return
  told.add(key)
  warn(message)
}

export function warn(message: string): void {
  if (hasDiagLogger()) diag.warn(PREFIX + message)
  else writeLine(PREFIX + message)
}

/**
 * Gives OpenTelemetry's diagnostics a voice on stderr: by default they have none, so a wrong variable or a failing
 * backend is told to nobody. Equal lines are printed once.
 */
export function logDiagnosticsToStderr(logLevel: DiagLogLevel): void {
  diag.setLogger(new StderrLogger(), { logLevel, suppressOverrideMessage: true })
}

/** Whether somebody (the user, or we) has registered a diagnostic logger with the OpenTelemetry API. */
export function hasDiagLogger(): boolean {
  const api = (globalThis as Record<symbol, unknown>)[Symbol.for('opentelemetry.js.api.1')] as
    { diag?: unknown } | undefined
  return api?.diag !== undefined
}

class StderrLogger implements DiagLogger {
  readonly #printed = new Set<string>()
  readonly error: DiagLogFunction = this.#printerFor('error')
  readonly warn: DiagLogFunction = this.#printerFor('warn')
  readonly info: DiagLogFunction = this.#printerFor('info')
  readonly debug: DiagLogFunction = this.#printerFor('debug')
  readonly verbose: DiagLogFunction = this.#printerFor('verbose')

  #printerFor(level: string): DiagLogFunction {
    return (...parts) => {
      const text = format(...parts)
      const line = text.startsWith(PREFIX) ? text : `opentelemetry ${level}: ${text}`
      if (this.#printed.has(line)) return
      if (this.#printed.size < MOST_LINES_REMEMBERED) this.#printed.add(line)
      writeLine(line)
    }
  }
}

/** Lines that carry counts or ids never repeat; remembering each of them would grow without bound. */
const MOST_LINES_REMEMBERED = 1_000

function writeLine(line: string): void {
  try {
    process.stderr.write(`${line}\n`)
  } catch {
    // A closed stderr is no reason to disturb the app.
  }
}
