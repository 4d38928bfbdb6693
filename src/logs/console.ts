import { Console } from 'node:console'
import { nowEpochMillis } from '../internal/runtime/clock.js'
import { checkPart } from '../internal/checks/validate.js'
import { jsonLine } from './json-line.js'
import { fieldSource, type LogFieldsOptions } from './log-fields.js'
import type { LogFields } from './log-format.js'
import { logEventSink, type LogEventOptions } from './span-events.js'

/** Options of {@link consoleWithTrace}. */
export interface ConsoleWithTraceOptions extends LogFieldsOptions, LogEventOptions {
  /** Writes records of JSON (`time`, `level`, `message`) instead of text: what Datadog and Google Cloud need. Default false. */
  json?: boolean
  /** Default: `process.stdout`. */
  stdout?: NodeJS.WritableStream
  /** Default: `process.stderr`. */
  stderr?: NodeJS.WritableStream
}

const OWN_OPTIONS = ['logsAsSpanEvents', 'json', 'stdout', 'stderr'] as const

/** Methods that have a level of their own; all others count as `info`, except for those that call one of these. */
const LEVELS = ['debug', 'info', 'log', 'warn', 'error', 'trace'] as const

/**
 * A console whose lines end in the ids of the current span, as in `paid trace_id=4bf9… span_id=00f0… trace_flags=01`; each
 * line of several, since collectors take them apart. Outside of a span it writes what any console does. To have it
 * everywhere, once, before the rest of the app: `globalThis.console = consoleWithTrace()`; what has imported `node:console`,
 * and an attached debugger's console, stay without.
 *
 * Not for services that log much: a logger has levels, and does not block. It has adapters here too.
 *
 * @throws TracingConfigError when an option is wrong
 */
export function consoleWithTrace(options: ConsoleWithTraceOptions = {}): Console {
  const source = fieldSource(options, OWN_OPTIONS)
  const { json = false, stdout = process.stdout, stderr = process.stderr } = options
  checkPart('stdout', stdout, 'a writable stream', ['write'])
  checkPart('stderr', stderr, 'a writable stream', ['write'])
  const sink = logEventSink(options)
  let level: string | undefined

  const decorated = (text: string): string => {
    // Text that does not end its line is a control sequence for a terminal.
    if (!text.endsWith('\n')) return text
    const message = text.slice(0, -1)
    sink?.(level, () => message)
    const fields = source()
    if (json) return jsonLine({ time: new Date(nowEpochMillis()), level: level ?? 'info', message, ...fields })
    return fields ? withSuffix(message, fields) : text
  }

  const made = new Console({ stdout: rewriting(stdout, decorated), stderr: rewriting(stderr, decorated) })
  for (const method of LEVELS) {
    const original = made[method].bind(made) as (...args: unknown[]) => void
    made[method] = (...args: unknown[]): void => {
      // console.trace calls console.error: the first to be called has the level.
      const outer = level
      level ??= method === 'log' ? 'info' : method
      try {
        original(...args)
      } finally {
        level = outer
      }
    }
  }
  // The global console has it, and may be replaced by this one.
  made.Console = Console
  return made
}

function withSuffix(message: string, fields: LogFields): string {
  const suffix = Object.entries(fields).reduce((text, [name, value]) => `${text} ${name}=${value}`, '')
  return message.replaceAll(/(?<=.)$/gm, suffix) + '\n'
}

/** The stream, with what is written to it changed. The console reads colours and errors from its other parts. */
function rewriting(stream: NodeJS.WritableStream, rewrite: (text: string) => string): NodeJS.WritableStream {
  return new Proxy(stream, {
    get(target, key) {
      if (key === 'write') {
        return (chunk: string, ...rest: never[]) => target.write(rewrite(chunk), ...rest)
      }
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
