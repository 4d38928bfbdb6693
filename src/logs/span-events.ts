import { trace, type Attributes, type Context, type Span } from '@opentelemetry/api'
import { checkKeys, checkNumber, checkPlainObject } from '../internal/checks/validate.js'

/** How much of a log becomes events. */
export interface LogEventLimits {
  /** Most events of logs on one span; later ones are left out. Default 32. */
  maxPerSpan?: number
  /** Most characters of a message; the rest is cut off. Default 1,024. */
  maxMessageLength?: number
}

/** The option that the adapters have in common. */
export interface LogEventOptions {
  /**
   * Makes warnings and errors events of the current span: name `log`, attributes `log.severity` (WARN, ERROR or FATAL)
   * and `log.message`. The record's other fields stay in the log, so what the logger redacts does not get out by the span.
   * Not for services whose logs are found by the trace id anyway: the same text is then paid for twice. Default: off.
   */
  logsAsSpanEvents?: boolean | LogEventLimits
}

const DEFAULTS = { maxPerSpan: 32, maxMessageLength: 1_024 } as const

/** Notes a record on the span of the context, if it is a warning or worse. The message is asked for only then. */
export type LogEventSink = (level: unknown, message: () => unknown, context?: Context) => void

/** The sink for the option; undefined when it is off. */
export function logEventSink({ logsAsSpanEvents = false }: LogEventOptions): LogEventSink | undefined {
  if (typeof logsAsSpanEvents === 'boolean') return logsAsSpanEvents ? sinkWithin(DEFAULTS) : undefined
  checkPlainObject('logsAsSpanEvents', logsAsSpanEvents)
  checkKeys('logsAsSpanEvents.', logsAsSpanEvents, Object.keys(DEFAULTS))
  for (const [name, value] of Object.entries(logsAsSpanEvents)) {
    checkNumber(`logsAsSpanEvents.${name}`, value, { min: 1, integer: true })
  }
  return sinkWithin({ ...DEFAULTS, ...logsAsSpanEvents })
}

/**
 * Makes a log record an event of the current span, as the adapters do with `logsAsSpanEvents`: for loggers that have no
 * adapter here. Levels below a warning, and records outside of a recording span, are left out; at most 32 a span, messages
 * cut at 1,024 characters.
 *
 * @param level a level's name, such as `warn`, or a number as pino and bunyan have it
 * @param attributes more attributes of the event: what they hold leaves with the span, so nothing that is secret
 */
export function logAsSpanEvent(level: string | number, message: string, attributes?: Attributes): void {
  const severity = severityOf(level)
  const span = trace.getActiveSpan()
  if (severity && span?.isRecording()) addLogEvent(span, { severity, message, limits: DEFAULTS, attributes })
}

function sinkWithin(limits: Required<LogEventLimits>): LogEventSink {
  return (level, message, context) => {
    const severity = severityOf(level)
    if (!severity) return
    const span = context ? trace.getSpan(context) : trace.getActiveSpan()
    if (span?.isRecording()) addLogEvent(span, { severity, message: String(message()), limits })
  }
}

/** How many events of logs a span has: a span keeps its latest 128, and an exception must not be pushed out. */
const counts = new WeakMap<Span, number>()

function addLogEvent(
  span: Span,
  event: { severity: string; message: string; limits: Required<LogEventLimits>; attributes?: Attributes | undefined },
): void {
  const { severity, message, limits, attributes } = event
  const count = counts.get(span) ?? 0
  if (count >= limits.maxPerSpan) return
  counts.set(span, count + 1)
  const text = message.length > limits.maxMessageLength ? `${message.slice(0, limits.maxMessageLength)}…` : message
  span.addEvent('log', { ...attributes, 'log.severity': severity, 'log.message': text })
}

/** The severities that become events on a span, by OpenTelemetry's short names. */
type EventSeverity = 'WARN' | 'ERROR' | 'FATAL'

/** Names of pino, bunyan, winston (npm and syslog levels), log4js and the console. */
const BY_NAME: ReadonlyMap<string, EventSeverity> = new Map([
  ['warn', 'WARN'],
  ['warning', 'WARN'],
  ['error', 'ERROR'],
  ['crit', 'FATAL'],
  ['alert', 'FATAL'],
  ['emerg', 'FATAL'],
  ['fatal', 'FATAL'],
])

/** Of a level's name, or of a number as pino and bunyan have it; undefined for what is less than a warning. */
export function severityOf(level: unknown): EventSeverity | undefined {
  if (typeof level === 'string') return BY_NAME.get(level.toLowerCase())
  if (typeof level !== 'number' || level < 40) return undefined
  if (level < 50) return 'WARN'
  return level < 60 ? 'ERROR' : 'FATAL'
}
