import { adapterIsUsed, undoPinoCorrelation } from '../internal/diagnostics/log-correlation.js'
import { fieldSource, shapedFields, type LogFieldsOptions } from './log-fields.js'
import { asLineText, takeOverLines, type PinoMixin } from './pino-lines.js'
import { logEventSink, type LogEventOptions } from './span-events.js'

export type { PinoMixin } from './pino-lines.js'

/** Options of {@link pinoMixin}. */
export interface PinoMixinOptions extends LogFieldsOptions, LogEventOptions {
  /** A mixin that you have already; a field of it goes before one of ours that has the same name. */
  mixin?: (mergeObject: never, level: number, logger: never) => object
}

/**
 * Gives pino's lines the ids of the current span: `pino({ mixin: pinoMixin() })`. For child loggers as well, for transports
 * in worker threads (the fields are there before the line leaves this thread), and for loggers that were made before
 * tracing started. They stand at the top level, also with pino's `nestedKey`, and neither `redact` nor `formatters` change
 * them. Where a log call has a field of the same name, it comes later in the line, and parsers take that one.
 *
 * OpenTelemetry's instrumentation of pino, where it runs, leaves the trace fields of this logger to the mixin.
 *
 * @throws TracingConfigError when an option is wrong
 */
export function pinoMixin(options: PinoMixinOptions = {}): PinoMixin {
  const source = fieldSource(options, ['mixin', 'logsAsSpanEvents'])
  const { mixin: own } = options as { mixin?: PinoMixin }
  const text = shapedFields(options, asLineText)
  const sink = logEventSink(options)
  adapterIsUsed('pino')
  const mixin: PinoMixin = (mergeObject, level, logger) => {
    undoPinoCorrelation(mergeObject)
    // From its first line on, the logger writes the fields itself, and pino need not copy the call's object for them.
    const fields = takeOverLines(logger, { mixin, own, text, sink }) ? {} : { ...source() }
    return own ? Object.assign(fields, own(mergeObject, level, logger)) : fields
  }
  return mixin
}
