import type { Context } from '@opentelemetry/api'
import { adapterIsUsed, undoCorrelation } from '../internal/diagnostics/log-correlation.js'
import { fieldSource, type LogFieldsOptions } from './log-fields.js'
import { logEventSink, type LogEventOptions } from './span-events.js'

/** Options of {@link winstonFormat}. */
export interface WinstonFormatOptions extends LogFieldsOptions, LogEventOptions {}

/** The shape of a logform format, as `winston.format.combine` takes it. */
export interface WinstonFormat {
  transform(info: WinstonInfo): WinstonInfo
}

/** A record on its way through winston's formats. */
export interface WinstonInfo {
  level: string
  message: unknown
  [key: string | symbol]: unknown
}

/** winston's own level, which formats that add colours leave alone (triple-beam's LEVEL). */
const LEVEL = Symbol.for('level')

/** Where OpenTelemetry's instrumentation of winston keeps the context of the log call. */
const CALL_CONTEXT = Symbol.for('opentelemetry.js.contrib.winston.context')

/**
 * Gives winston's records the ids of the current span:
 * `createLogger({ format: format.combine(winstonFormat(), format.json()) })`. Put it before the format that writes the line.
 * For child loggers as well, and for loggers that were made before tracing started. A field of the same name in the log
 * call stays.
 *
 * OpenTelemetry's instrumentation of winston, where it runs, leaves the trace fields of this logger to the format, and gives
 * it the context of the call. That matters when a transport does not keep up: winston then
 * runs formats later, in another call's context. Without the instrumentation such records would name the wrong span.
 *
 * @throws TracingConfigError when an option is wrong
 */
export function winstonFormat(options: WinstonFormatOptions = {}): WinstonFormat {
  const source = fieldSource(options, ['logsAsSpanEvents'])
  const sink = logEventSink(options)
  adapterIsUsed('winston')
  return {
    transform(info) {
      undoCorrelation(info)
      const context = info[CALL_CONTEXT] as Context | undefined
      sink?.(info[LEVEL] ?? info.level, () => info.message, context)
      const fields = source(context)
      if (fields) for (const name of Object.keys(fields)) info[name] ??= fields[name]
      return info
    },
  }
}
