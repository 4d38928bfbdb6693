import type { Attributes, TextMapPropagator } from '@opentelemetry/api'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import type { Sampler, SpanExporter, SpanLimits, SpanProcessor } from '@opentelemetry/sdk-trace'
import { checkBatchOption, type BatchOptions } from '../export/pipeline/batch-options.js'
import type { InstrumentationConfigMap } from '../instrumentation/config-types.js'
import { checkInstrumentationConfig } from '../instrumentation/names.js'
import {
  checkHttpRequestOptions,
  HTTP_REQUEST_OPTION_NAMES,
  type HttpRequestOptions,
} from '../instrumentation/http/request-options.js'
import {
  TracingConfigError,
  checkKeys,
  checkNumber,
  checkOneOf,
  checkPart,
  checkParts,
  checkPlainObject,
  checkString,
  type NumberRange,
} from '../internal/checks/validate.js'
import { checkSpanLimits } from '../tracer/span-limits.js'
import { type LogFormat, checkLogFormat } from '../logs/log-format.js'
import { checkSpanMetrics, type SpanMetricsOptions } from '../metrics/span-metrics-options.js'
import { PROPAGATOR_NAMES, type PropagatorName } from '../propagation/by-name.js'
import {
  checkPropagationOptions,
  PROPAGATION_OPTION_NAMES,
  type PropagationOptions,
} from '../propagation/propagation-options.js'
import { checkForce, type ForceOptions } from '../sampling/runtime/force.js'

/** Options of {@link startTracing}. Each goes before what the environment or the configuration file says. */
export interface TracingOptions extends PropagationOptions, HttpRequestOptions {
  /** `service.name`. Default: OTEL_SERVICE_NAME, else the name in the app's package.json, else `unknown_service:node`. */
  serviceName?: string
  /** `service.version`. */
  serviceVersion?: string
  /** `deployment.environment.name`, such as `production`. */
  environment?: string
  /** More attributes of the resource; the three above go before them. */
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
   * unless OTEL_METRICS_EXPORTER says otherwise, or into a `registry` of prom-client. Default: false.
   */
  spanMetrics?: boolean | SpanMetricsOptions
  /** Limits of a span's attributes, events and links. Default: 128 of each, values of any length. */
  spanLimits?: SpanLimits
  /**
   * The field names and id forms in log lines: of OpenTelemetry, or what a backend joins on. Default `'otel'`. The adapters
   * (`pinoMixin` and its like) follow it unless they are told otherwise.
   */
  logFormat?: LogFormat
  /** A request header that has its trace kept, whole and at any rate, for those who know the secret. Default: none. */
  force?: ForceOptions
  /** Longest time that leaving may take, in milliseconds. Default 2,000. */
  shutdownTimeoutMillis?: number
}

export const DEFAULTS = {
  shutdownTimeoutMillis: 2_000,
} as const

const MILLIS: NumberRange = { min: 0 }

const OPTION_NAMES: readonly (keyof TracingOptions)[] = [
  'serviceName',
  'serviceVersion',
  'environment',
  'resourceAttributes',
  'sampler',
  'traceExporter',
  'spanProcessors',
  'batch',
  'propagators',
  'instrumentations',
  'instrumentationConfig',
  'spanMetrics',
  'spanLimits',
  'force',
  'logFormat',
  'shutdownTimeoutMillis',
  ...HTTP_REQUEST_OPTION_NAMES,
  ...PROPAGATION_OPTION_NAMES,
]

/** Throws a TracingConfigError for the first option that is wrong, before anything has been started. */
export function checkOptions(options: TracingOptions): void {
  checkPlainObject('options', options)
  checkKeys('', options, OPTION_NAMES)
  for (const name of ['serviceName', 'serviceVersion', 'environment'] as const) checkString(name, options[name])
  checkPlainObject('resourceAttributes', options.resourceAttributes)
  checkInstrumentationConfig(options.instrumentationConfig)
  checkNumber('shutdownTimeoutMillis', options.shutdownTimeoutMillis, MILLIS)
  checkBatchOption(options.batch)
  checkSpanLimits('spanLimits', options.spanLimits)
  if (options.sampler !== undefined) checkPart('sampler', options.sampler, 'a Sampler', ['shouldSample'])
  if (typeof options.spanMetrics === 'object') checkSpanMetrics(options.spanMetrics)
  else checkBoolean('spanMetrics', options.spanMetrics)
  if (options.force !== undefined) checkForce(options.force)
  checkLogFormat(options.logFormat)
  checkHttpRequestOptions(options)
  checkPropagationOptions(options)
  checkExporter(options.traceExporter)
  checkParts('spanProcessors', options.spanProcessors, ['auto'], 'a SpanProcessor', ['onStart', 'onEnd', 'shutdown'])
  checkParts('propagators', options.propagators, PROPAGATOR_NAMES, 'a TextMapPropagator', ['inject', 'extract'])
  checkParts('instrumentations', options.instrumentations, ['auto'], 'an Instrumentation', ['enable', 'disable'])
}

function checkBoolean(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return
  throw new TracingConfigError('ERR_OPTION_TYPE', { option, allowed: 'true, false or an object', received: value })
}

function checkExporter(exporter: TracingOptions['traceExporter']): void {
  if (exporter === undefined) return
  if (typeof exporter === 'string') checkOneOf('traceExporter', exporter, ['otlp', 'console', 'none'])
  else checkPart('traceExporter', exporter, 'otlp, console, none or a SpanExporter', ['export', 'shutdown'])
}

/** For callers in plain JavaScript, who may hand over anything. */
export function optionsFrom(given: unknown): TracingOptions {
  if (given === undefined) return {}
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given
  throw new TracingConfigError('ERR_OPTION_TYPE', { option: 'options', allowed: 'an object', received: given })
}
