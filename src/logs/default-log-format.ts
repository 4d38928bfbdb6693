import { processWide } from '../internal/runtime/process-wide.js'
import { checkOneOf, checkString } from '../internal/checks/validate.js'
import { LOG_FORMATS, type LogFormat } from './log-format.js'

/** Looked up at each line, since a logger is often made before tracing starts. */
const state = processWide('log-format', (): { format: LogFormat } => ({ format: 'otel' }))

/** What {@link setDefaultLogFormat} has set last. */
export const defaultLogFormat = (): LogFormat => state.format

/**
 * The format of all adapters that were not given one, from the next log line on; undefined: `otel`.
 *
 * @throws TracingConfigError when there is no such format
 */
export function setDefaultLogFormat(format: LogFormat | undefined): void {
  checkLogFormat(format)
  state.format = format ?? 'otel'
}

/** Throws a TracingConfigError for anything but the name of a format, or undefined. */
export function checkLogFormat(format: unknown): void {
  if (typeof format === 'string') checkOneOf('logFormat', format, Object.keys(LOG_FORMATS))
  else checkString('logFormat', format)
}
