import { adapterIsUsed, undoCorrelation } from '../internal/diagnostics/log-correlation.js'
import { jsonLine } from './json-line.js'
import { fieldSource, type LogFieldsOptions } from './log-fields.js'
import { logEventSink, type LogEventOptions } from './span-events.js'

/** Options of {@link bunyanStream}. */
export interface BunyanStreamOptions extends LogFieldsOptions, LogEventOptions {}

/** A stream definition of bunyan; add `level` and the like beside it: `{ ...bunyanStream(stdout), level: 'debug' }`. */
export interface BunyanStream {
  /** bunyan hands over the record, at the log call, before it is text. */
  type: 'raw'
  stream: { write(record: object): void }
}

/**
 * Gives bunyan's records the ids of the current span, and writes them as bunyan does:
 * `createLogger({ name, streams: [bunyanStream(process.stdout)] })`. For child loggers as well, and for loggers that were
 * made before tracing started. A field of the same name in the record stays.
 *
 * OpenTelemetry's instrumentation of bunyan, where it runs, leaves the trace fields of this stream to it. Not for
 * `type: 'rotating-file'`, nor for a file of `path` that `reopenFileStreams` reopens: bunyan opens those itself.
 *
 * @throws TracingConfigError when an option is wrong
 */
export function bunyanStream(
  stream: { write(line: string): unknown },
  options: BunyanStreamOptions = {},
): BunyanStream {
  const source = fieldSource(options, ['logsAsSpanEvents'])
  const sink = logEventSink(options)
  adapterIsUsed('bunyan')
  return {
    type: 'raw',
    stream: {
      write(record) {
        const { level, msg } = record as { level?: number; msg?: unknown }
        sink?.(level, () => msg)
        // Other streams get the same record.
        const own = { ...record }
        undoCorrelation(own)
        stream.write(jsonLine({ ...source(), ...own }))
      },
    },
  }
}
