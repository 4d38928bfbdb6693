import {
  context as contexts,
  isSpanContextValid,
  trace,
  type Context,
  type Span,
  type SpanContext,
} from '@opentelemetry/api'
import { checkKeys, checkPlainObject, checkString } from '../internal/checks/validate.js'
import {
  checkLogFormat,
  defaultLogFormat,
  fieldsInFormat,
  gcpProjectOfEnvironment,
  LOG_FORMATS,
  type LogFieldNames,
  type LogFields,
  type LogFormat,
} from './log-format.js'

/** Options that all logger adapters and {@link logFields} take. */
export interface LogFieldsOptions {
  /** What the backend joins on. Default: `logFormat` of startTracing, else `otel`. */
  logFormat?: LogFormat
  /** Other names for the fields; the form of the ids stays that of the format. Default: the format's names. */
  fieldNames?: LogFieldNames
  /** The project that has the traces, for the format `gcp`. Default: GOOGLE_CLOUD_PROJECT, else the bare trace id. */
  gcpProject?: string
}

const OPTION_NAMES: readonly (keyof LogFieldsOptions)[] = ['logFormat', 'fieldNames', 'gcpProject']

/**
 * The current span's ids as fields of a log line; `{}` outside of a span. A new object at each call, yours to change.
 * For loggers that have no adapter here: with one, use that ({@link pinoMixin}, {@link winstonFormat} and so on).
 *
 * Keep the options in a constant: an object is checked once.
 *
 * @throws TracingConfigError when an option is wrong
 */
export function logFields(options?: LogFieldsOptions): LogFields {
  return { ...sourceFor(options)() }
}

/** What a line of the current span, or of that of the context, is to have; undefined outside of one. */
export type PerSpan<T> = (context?: Context) => T | undefined

/** The fields themselves. The object is shared: copied, not changed. */
export type FieldSource = PerSpan<LogFields>

const NO_OPTIONS: LogFieldsOptions = {}
const sources = new WeakMap<LogFieldsOptions, FieldSource>()

function sourceFor(options: LogFieldsOptions = NO_OPTIONS): FieldSource {
  let source = sources.get(options)
  if (!source) sources.set(options, (source = fieldSource(options)))
  return source
}

/** Checks the options; `moreOptions` are the names of those that the adapter looks at itself. */
export function fieldSource(options: LogFieldsOptions, moreOptions: readonly string[] = []): FieldSource {
  checkLogOptions(options, moreOptions)
  return shapedFields(options, (fields) => fields)
}

/** As {@link fieldSource}, in another shape. Made once a span, as a span has more lines than one, and ids are expensive to format. */
export function shapedFields<T>(options: LogFieldsOptions, shape: (fields: LogFields) => T): PerSpan<T> {
  const { logFormat, fieldNames, gcpProject = gcpProjectOfEnvironment() } = options
  let bySpan = new WeakMap<SpanContext, T>()
  // Of the line before: the next is often of the same span, and outside of a span most are.
  let lastContext: Context | undefined
  let lastFormat: LogFormat | undefined
  let last: T | undefined

  const shapedOf = (span: Span | undefined, format: LogFormat): T | undefined => {
    if (!span) return undefined
    const spanContext = span.spanContext()
    const known = bySpan.get(spanContext)
    if (known !== undefined) return known
    if (!isSpanContextValid(spanContext)) return undefined
    const form = LOG_FORMATS[format]
    const names = { ...form.names, ...fieldNames }
    const shaped = shape(fieldsInFormat(spanContext, form, { names, gcpProject, isLocalRoot: isLocalRoot(span) }))
    bySpan.set(spanContext, shaped)
    return shaped
  }

  return (context = contexts.active()) => {
    const format = logFormat ?? defaultLogFormat()
    if (context === lastContext && format === lastFormat) return last
    if (format !== lastFormat) bySpan = new WeakMap()
    last = shapedOf(trace.getSpan(context), format)
    lastContext = context
    lastFormat = format
    return last
  }
}

/** The names that the fields have now, inside of a span. */
export function fieldNamesOf({ logFormat = defaultLogFormat(), fieldNames }: LogFieldsOptions): readonly string[] {
  const { names, localRootId } = LOG_FORMATS[logFormat]
  const all = Object.values<string | undefined>({ ...names, ...fieldNames, localRootId })
  return all.filter((name) => name !== undefined)
}

function checkLogOptions(options: LogFieldsOptions, moreOptions: readonly string[]): void {
  checkPlainObject('options', options)
  checkKeys('', options, [...OPTION_NAMES, ...moreOptions])
  checkLogFormat(options.logFormat)
  checkString('gcpProject', options.gcpProject)
  checkPlainObject('fieldNames', options.fieldNames)
  checkKeys('fieldNames.', options.fieldNames, ['traceId', 'spanId', 'traceFlags'])
  for (const [name, value] of Object.entries(options.fieldNames ?? {})) checkString(`fieldNames.${name}`, value)
}

/** Whether no span of this process is above. The SDK's spans know; a remote parent's stand-in is no span of here. */
function isLocalRoot(span: Span): boolean {
  if (!('parentSpanContext' in span)) return false
  const parent = span.parentSpanContext as SpanContext | undefined
  return parent?.isRemote ?? parent === undefined
}
