import type { Attributes, TextMapPropagator } from '@opentelemetry/api'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import type { Sampler, SpanExporter, SpanLimits, SpanProcessor } from '@opentelemetry/sdk-trace'
import { BATCH_ROW, type BatchOptions } from '../export/pipeline/batch-options.js'
import type { InstrumentationConfigMap } from '../instrumentation/config-types.js'
import { checkInstrumentationConfig } from '../instrumentation/names.js'
import { HTTP_REQUEST_OPTIONS, type HttpRequestOptions } from '../instrumentation/http/request-options.js'
import { checkOneOf, checkPlainObject, checkParts, checkPart, wrongType } from '../internal/checks/validate.js'
import {
  booleanRow,
  checkTable,
  groupRow,
  numberRow,
  resolveTable,
  textRow,
  type OptionRow,
  type OptionTable,
} from '../internal/checks/option-table.js'
import type { RedactOption } from '../internal/privacy/redact-rules.js'
import { checkRedact, formatRedact } from '../internal/privacy/redact-option.js'
import { readEnvChoice, readEnvList } from '../internal/runtime/env.js'
import { SPAN_LIMITS } from '../tracer/span-limits.js'
import { checkLogFormat, type LogFormat } from '../logs/log-format.js'
import { checkSpanMetrics, type SpanMetricsOptions } from '../metrics/span-metrics-options.js'
import { PROPAGATOR_NAMES, type PropagatorName } from '../propagation/by-name.js'
import { PROPAGATION_OPTIONS, type PropagationOptions } from '../propagation/propagation-options.js'
import { checkForce, type ForceOptions } from '../sampling/runtime/force.js'

/** Options of {@link startTracing}. Each takes precedence over the environment and the configuration file. */
export interface TracingOptions extends PropagationOptions, HttpRequestOptions {
  /** `service.name`. Default: OTEL_SERVICE_NAME, else the name in the app's package.json, else `unknown_service:node`. */
  serviceName?: string
  /** `service.version`. */
  serviceVersion?: string
  /** `deployment.environment.name`, such as `production`. */
  environment?: string
  /** More attributes of the resource; the three above take precedence. */
  resourceAttributes?: Attributes
  /** Any OpenTelemetry Sampler. Default: `parentbased_always_on`, everything is kept. */
  sampler?: Sampler
  /**
   * Where spans go: `'otlp'` (to OTEL_EXPORTER_OTLP_ENDPOINT), `'console'` (a waterfall for each trace on stdout),
   * `'none'`, or an exporter object. Default: OTEL_TRACES_EXPORTER, else `'otlp'`.
   */
  traceExporter?: SpanExporter | 'otlp' | 'console' | 'none'
  /** Processors in their order; `'auto'` stands for those that would have been there. Default: `['auto']`. */
  spanProcessors?: readonly (SpanProcessor | 'auto')[]
  /** Batching and delivery. */
  batch?: BatchOptions
  /** Propagators in their order; empty: nothing is propagated. Default: `['tracecontext', 'baggage']`. */
  propagators?: readonly (TextMapPropagator | PropagatorName)[]
  /** Instrumentations; `'auto'` stands for those that fit the app's packages. Default: `['auto']`. */
  instrumentations?: readonly (Instrumentation | 'auto')[]
  /** Options of the automatic instrumentations by name: `{ http: { … } }`, or by that of the package. */
  instrumentationConfig?: InstrumentationConfigMap
  /**
   * Calls, errors and durations from all spans, as metrics, before sampling: every span is recorded then. Go out over OTLP
   * unless OTEL_METRICS_EXPORTER is set, or into a `registry` of prom-client. Default: false.
   */
  spanMetrics?: boolean | SpanMetricsOptions
  /**
   * Whether `db.query.text` and the messages of errors lose the values in queries: literals of SQL, arguments of Redis, and
   * comments. Default: SPANWRIGHT_QUERY_SANITIZATION, else true.
   */
  querySanitization?: boolean
  /**
   * What else is kept out of spans, logs, the resource and the attributes of metrics, before samplers see it and before it leaves
   * the process: names of attributes (`'user.*'`), regular expressions for texts, or both with what becomes of them. Adds to what
   * is kept out by default. Default: SPANWRIGHT_REDACT, a list of names; else nothing.
   */
  redact?: readonly RedactOption[]
  /** Limits of a span's attributes, events and links. Default: 128 of each, values of any length. */
  spanLimits?: SpanLimits
  /**
   * The field names and id forms in log lines: of OpenTelemetry, or what a backend joins on. Default `'otel'`. The adapters
   * (`pinoMixin` and its like) follow it unless they have an option of their own.
   */
  logFormat?: LogFormat
  /** A request header that has its trace kept, whole and at any rate, for those who know the secret. Default: none. */
  force?: ForceOptions
  /**
   * Gives spans of outgoing calls (databases, HTTP) the place in the app's code that made them: `code.file.path`,
   * `code.line.number`, `code.function.name`. For development, since it writes a stack for each of them. Default:
   * SPANWRIGHT_CODE_LOCATION, else false.
   */
  codeLocation?: boolean
  /**
   * Logs spans that are never ended, with the place in the app's code that started them: when nothing can end one any more, when
   * one has been open for ten minutes, and when the process ends. To find a leak, since it writes a stack for each span. Default:
   * SPANWRIGHT_DEBUG_SPANS, else false.
   */
  debugSpans?: boolean
  /** Longest time that a shutdown may take, in milliseconds. Default 2,000. */
  shutdownTimeoutMillis?: number
}

/**
 * All that is known of each option, in the order in which the doctor shows them. `variables` without `read` are those that
 * environment.ts reads, into parts instead of values.
 */
export const OPTIONS: OptionTable<TracingOptions> = {
  serviceName: textRow(),
  serviceVersion: textRow(),
  environment: textRow(),
  resourceAttributes: { check: checkPlainObject },
  traceExporter: { check: checkExporter },
  spanProcessors: parts(['auto'], 'a SpanProcessor', ['onStart', 'onEnd', 'shutdown']),
  sampler: {
    check: (option, sampler) => checkPart(option, sampler, 'a Sampler', ['shouldSample']),
    variables: ['OTEL_TRACES_SAMPLER'],
  },
  force: {
    check: (_option, force) => checkForce(force as ForceOptions),
    format: ({ header }) => `header ${header}, secret ***`,
  },
  propagators: {
    ...parts(PROPAGATOR_NAMES, 'a TextMapPropagator', ['inject', 'extract']),
    variables: ['OTEL_PROPAGATORS'],
    isList: true,
  },
  ...PROPAGATION_OPTIONS,
  ...HTTP_REQUEST_OPTIONS,
  batch: BATCH_ROW,
  spanLimits: groupRow(SPAN_LIMITS),
  instrumentations: { ...parts(['auto'], 'an Instrumentation', ['enable', 'disable']), default: ['auto'] },
  instrumentationConfig: {
    check: (_option, config) => checkInstrumentationConfig(config as object),
    format: (config) => Object.keys(config).join(', '),
  },
  spanMetrics: {
    check(option, given) {
      if (typeof given === 'object') checkSpanMetrics(given as SpanMetricsOptions)
      else booleanRow({}, 'true, false or an object').check(option, given)
    },
    default: false,
    format: (given) => (given ? 'on' : 'off'),
  },
  logFormat: { check: (_option, format) => checkLogFormat(format) },
  codeLocation: switchRow('SPANWRIGHT_CODE_LOCATION', false),
  debugSpans: switchRow('SPANWRIGHT_DEBUG_SPANS', false),
  querySanitization: switchRow('SPANWRIGHT_QUERY_SANITIZATION', true),
  redact: {
    check: checkRedact,
    variables: ['SPANWRIGHT_REDACT'],
    read: readEnvList,
    isList: true,
    default: [],
    format: formatRedact,
  },
  shutdownTimeoutMillis: numberRow({ min: 0 }, { default: 2_000 }),
}

/** Options in code, then one source of configuration, then the defaults. */
export type ResolvedOptions = TracingOptions &
  Required<PropagationOptions & HttpRequestOptions> &
  Required<
    Pick<
      TracingOptions,
      | 'codeLocation'
      | 'debugSpans'
      | 'querySanitization'
      | 'redact'
      | 'instrumentations'
      | 'shutdownTimeoutMillis'
      | 'spanLimits'
    >
  >

/** `batch` stays the option in code: in a configuration file, each pipeline has its own. */
export function resolveOptions({ batch, ...options }: TracingOptions, configured: TracingOptions): ResolvedOptions {
  const { batch: _defaults, ...resolved } = resolveTable<TracingOptions>(OPTIONS, options, configured)
  return { ...resolved, ...(batch && { batch }) } as ResolvedOptions
}

/** Throws a TracingConfigError for the first option that is wrong, before anything has been started. */
export function checkOptions(options: TracingOptions): void {
  checkTable('', options, OPTIONS)
}

function switchRow(variable: string, isOn: boolean): OptionRow<boolean> {
  const words = { 1: true, true: true, 0: false, false: false }
  return booleanRow({
    variables: [variable],
    read: (name) => readEnvChoice(name, words, `it is ${isOn ? 'on' : 'off'}`),
    default: isOn,
  })
}

function parts<T>(names: readonly string[], part: string, methods: readonly string[]): OptionRow<readonly T[]> {
  return { check: (option, given) => checkParts(option, given as readonly unknown[], names, part, methods) }
}

function checkExporter(option: string, exporter: unknown): void {
  if (typeof exporter === 'string') checkOneOf(option, exporter, ['otlp', 'console', 'none'])
  else checkPart(option, exporter, 'otlp, console, none or a SpanExporter', ['export', 'shutdown'])
}

/** For callers in plain JavaScript, who may hand over anything. */
export function optionsFrom(given: unknown): TracingOptions {
  if (given === undefined) return {}
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given
  throw wrongType('options', 'an object', given)
}
