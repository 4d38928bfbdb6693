import { diag, DiagLogLevel, type DiagLogFunction, type DiagLogger } from '@opentelemetry/api'
import { format } from 'node:util'
import { apiGlobals } from './api-globals.js'
import { canRead, ownApi } from './api-version.js'
import { hearRefusal } from './refused-registrations.js'

export const PREFIX = 'spanwright: '
const told = new Set<string>()
const listeners = new Set<(message: string) => void>()

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
  for (const listener of listeners) listener(message)
  if (hasDiagLogger()) diag.warn(PREFIX + message)
  else writeLine(PREFIX + message)
}

/** Hears all that we say from now on, whatever the level of the logger. */
export function onWarning(listener: (message: string) => void): void {
  listeners.add(listener)
}

/** Says here what a thread of ours would have said, and where an OpenTelemetry part in it spoke, its words. */
export function repeatWarning(message: string): void {
  if (message.startsWith(PREFIX)) warnOnce(message, message.slice(PREFIX.length))
  else diag.warn(message)
}

/** What an error has to say, for a warning; anything can be thrown. */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    return 'an error without words'
  }
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
 * Gives OpenTelemetry's diagnostics a voice on stderr: by default they have none, so a wrong variable or a failing
 * backend is told to nobody. Lines that are equal but for their numbers are printed once.
 */
export function logDiagnosticsToStderr(logLevel: DiagLogLevel): void {
  diag.setLogger(new StderrLogger(), { logLevel, suppressOverrideMessage: true })
}

/** Whether somebody (the user, or we) has registered a diagnostic logger with the OpenTelemetry API, where we find it. */
export function hasDiagLogger(): boolean {
  const globals = apiGlobals()
  if (!globals?.diag) return false
  const own = ownApi()
  return own === undefined || globals.version === undefined || canRead(own.version, globals.version)
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
      // What we say ourselves is chosen by warnOnce; a second line of ours has something new to tell.
      if (text.startsWith(PREFIX)) writeLine(text)
      else if (hearRefusal(text, warnOnce)) return
      else this.#printOnce(`opentelemetry ${level}: ${text}`)
    }
  }

  #printOnce(line: string): void {
    const withoutNumbers = line.replace(/\d+/g, '#')
    if (this.#printed.has(withoutNumbers)) return
    if (this.#printed.size < MOST_LINES_REMEMBERED) this.#printed.add(withoutNumbers)
    writeLine(line)
  }
}

/** Lines with an id never repeat; remembering each of them would grow without bound. */
const MOST_LINES_REMEMBERED = 1_000

function writeLine(line: string): void {
  try {
    process.stderr.write(`${line}\n`)
  } catch {
    // A closed stderr is no reason to disturb the app.
  }
}
