import { format } from 'node:util'
import { jsonLine } from './json-line.js'
import { fieldNamesOf, fieldSource, type LogFieldsOptions } from './log-fields.js'
import { logEventSink, type LogEventOptions } from './span-events.js'

/** Options of {@link log4jsAppender} and {@link log4jsLayout}. */
export interface Log4jsOptions extends LogFieldsOptions, LogEventOptions {}

/** The part of log4js's LoggingEvent that is used here. */
export interface Log4jsEvent {
  readonly startTime: Date
  readonly categoryName: string
  readonly level: { readonly levelStr: string }
  readonly data: readonly unknown[]
  context: Record<string, unknown>
}

/** Takes an event, and writes it or passes it on. */
export type Log4jsAppender = (event: Log4jsEvent) => void

/** What log4js takes as the `type` of an appender; the parameters are log4js's own, and as its types have them. */
export interface Log4jsAppenderType {
  configure(config?: object, layouts?: object, findAppender?: () => unknown): Log4jsAppender
}

/** The maker of a layout, as `log4js.addLayout` takes it. */
export type Log4jsLayoutMaker = () => (event: Log4jsEvent) => string

/**
 * Gives log4js's events the ids of the current span, in their context, and passes them on to another appender:
 *
 * ```js
 * appenders: {
 *   out: { type: 'stdout', layout: { type: 'pattern', pattern: '%p %c %m %X{trace_id}' } },
 *   traced: { type: log4jsAppender(), appender: 'out' },
 * },
 * categories: { default: { appenders: ['traced'], level: 'info' } },
 * ```
 *
 * A pattern shows them by `%X{name}`, as nothing outside of a span; so do layouts and appenders of others that use the
 * event's context. In a cluster set `disableClustering`: log4js otherwise runs appenders in the primary process, which
 * knows no span. For lines of JSON {@link log4jsLayout} does all by itself.
 *
 * @throws TracingConfigError when an option is wrong
 */
export function log4jsAppender(options: Log4jsOptions = {}): Log4jsAppenderType {
  const stamp = stamper(options)
  return {
    configure(config, _layouts, findAppender) {
      const { appender } = config as { appender: string }
      const next = (findAppender as ((name: string) => Log4jsAppender | false) | undefined)?.(appender)
      if (!next) throw new Error(`log4jsAppender passes on to an appender, and there is no "${appender}"`)
      return (event) => {
        stamp(event)
        next(event)
      }
    },
  }
}

/**
 * A layout of log4js that writes JSON (`time`, `level`, `category`, `message`, and what is in the logger's context) with the
 * ids of the current span at the top level: `log4js.addLayout('json', log4jsLayout())`, then `layout: { type: 'json' }`.
 * For a pattern of your own there is {@link log4jsAppender}; both together add nothing twice.
 *
 * @throws TracingConfigError when an option is wrong
 */
export function log4jsLayout(options: Log4jsOptions = {}): Log4jsLayoutMaker {
  const stamp = stamper(options)
  return () => (event) => {
    stamp(event)
    const { startTime, level, categoryName, data, context } = event
    const message = format(...data)
    // The appender ends the line itself.
    return jsonLine({ ...context, time: startTime, level: level.levelStr, category: categoryName, message }).trimEnd()
  }
}

/** Events that are stamped: with several appenders the same one comes by more than once. */
const stamped = new WeakSet<Log4jsEvent>()

function stamper(options: Log4jsOptions): (event: Log4jsEvent) => void {
  const source = fieldSource(options, ['logsAsSpanEvents'])
  const sink = logEventSink(options)
  return (event) => {
    if (stamped.has(event)) return
    stamped.add(event)
    sink?.(event.level.levelStr, () => format(...event.data))
    event.context = { ...(source() ?? blanks(fieldNamesOf(options))), ...event.context }
  }
}

/** log4js writes "null" for a name that is not there, and calls what is a function; JSON leaves functions out. */
const blanks = (names: readonly string[]): object => Object.fromEntries(names.map((name) => [name, blank]))
const blank = (): string => ''
