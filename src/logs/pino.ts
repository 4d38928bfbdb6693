import { adapterIsUsed, undoPinoCorrelation } from '../internal/diagnostics/log-correlation.js'
import { fieldSource, shapedFields, type LogFieldsOptions, type PerSpan } from './log-fields.js'
import { logEventSink, type LogEventOptions, type LogEventSink } from './span-events.js'

/** Options of {@link pinoMixin}. */
export interface PinoMixinOptions extends LogFieldsOptions, LogEventOptions {
  /** A mixin that you have already; a field of it takes precedence over one of ours that has the same name. */
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

/** The shape of pino's option `mixin`. */
export type PinoMixin = (mergeObject: object, level: number, logger: object) => object

/** What a logger's lines are to have. */
interface LineParts {
  /** Our mixin, which is not needed any more. */
  readonly mixin: PinoMixin
  /** The user's, to be put in its place. */
  readonly own: PinoMixin | undefined
  /** The fields as {@link asLineText} writes them. */
  readonly text: PerSpan<string>
  readonly sink: LogEventSink | undefined
}

/** pino's method that makes a record a line. `time` is text already, as in `,"time":1531171074631`. */
type AsJson = (this: unknown, record: unknown, message: unknown, level: unknown, time: string) => string

type Logger = Record<symbol, unknown>

/** On a logger whose lines have been taken over, and so on its children, which have it as their prototype. */
const TAKEN_OVER = Symbol('spanwright.traceFields')

/**
 * Has the logger write the trace fields as text, beside the time. As fields of an object they would take pino 0.2 µs a line
 * to quote, nearly as long as a short line itself, and every object that is logged would be copied. False when this is no
 * pino, or one that works in another way.
 */
function takeOverLines(logger: unknown, parts: LineParts): boolean {
  if (typeof logger !== 'object' || logger === null) return false
  if (TAKEN_OVER in logger) return true
  const found = rootOf(logger as Logger)
  if (!found) return false
  const { root, mixinKey, asJsonKey } = found
  // A mixin around ours may do more than ours.
  if (root[mixinKey] === parts.mixin) root[mixinKey] = parts.own
  root[asJsonKey] = withTraceFields(root[asJsonKey] as AsJson, parts)
  root[TAKEN_OVER] = true
  return true
}

/** Fields as pino continues a line. */
const asLineText = (fields: object): string => `,${JSON.stringify(fields).slice(1, -1)}`

function withTraceFields(asJson: AsJson, { text, sink }: LineParts): AsJson {
  return function (record, message, level, time) {
    sink?.(level, () => message ?? '')
    const fields = text()
    return asJson.call(this, record, message, level, fields === undefined ? time : time + fields)
  }
}

/** The logger that all others are children of, and pino's keys: symbols, which each copy of pino has of its own. */
function rootOf(logger: Logger): { root: Logger; mixinKey: symbol; asJsonKey: symbol } | undefined {
  for (let root: Logger | null = logger; root; root = Object.getPrototypeOf(root) as Logger | null) {
    const mixinKey = Object.getOwnPropertySymbols(root).find(({ description }) => description === 'pino.mixin')
    if (!mixinKey) continue
    const asJsonKey = keyAbove(root, 'pino.asJson')
    return asJsonKey && typeof root[asJsonKey] === 'function' ? { root, mixinKey, asJsonKey } : undefined
  }
  return undefined
}

function keyAbove(logger: Logger, name: string): symbol | undefined {
  for (let holder: object | null = logger; holder; holder = Object.getPrototypeOf(holder) as object | null) {
    const key = Object.getOwnPropertySymbols(holder).find(({ description }) => description === name)
    if (key) return key
  }
  return undefined
}
