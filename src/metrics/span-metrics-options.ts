import {
  checkArray,
  checkEach,
  checkKeys,
  checkNumber,
  checkOneOf,
  checkPart,
  checkPlainObject,
  wrongType,
  outOfRange,
} from '../internal/checks/validate.js'
import { labelName, NAMINGS, type NamingStyle } from './naming.js'

/** What is needed of a `Registry` of prom-client. */
export interface PrometheusRegistry {
  readonly contentType: string
  registerMetric(metric: never): void
  getSingleMetric(name: string): unknown
  removeSingleMetric(name: string): void
}

/** Options of `spanMetrics`. */
export interface SpanMetricsOptions {
  /**
   * Attributes that make series of their own, beside service, span name, kind and status: `http.route`, say. Looked for on
   * the span, then on the resource; left out where neither has it. Not for what has an id in it. Default: none.
   */
  dimensions?: readonly string[]
  /**
   * Series at most; what is new then is counted in one with `otel.metric.overflow=true`, which is among them. At least 2;
   * default 2,000.
   */
  maxSeries?: number
  /**
   * How OTLP gets durations: in `buckets`, or in exponential ones (Prometheus: native histograms) that fit themselves to
   * the values. prom-client has no native histograms: the registry always gets `buckets`. Default `'explicit'`.
   */
  histogram?: 'explicit' | 'exponential'
  /** Upper bounds in seconds, rising. Default: those of whose names they are. */
  buckets?: readonly number[]
  /**
   * `'collector'`: `traces.span.metrics.calls` and `….duration`, as the collector's span metrics connector has them, in
   * seconds; `'tempo'`: `traces_spanmetrics_calls_total` and `traces_spanmetrics_latency`. Default `'collector'`.
   */
  names?: NamingStyle
  /**
   * A `Registry` of prom-client, to have the same series there, exact at each scrape; with exemplars where its content type
   * is OpenMetrics. Default: none, and the metrics go out over OTLP.
   */
  registry?: PrometheusRegistry
}

export const SPAN_METRICS_DEFAULTS = { maxSeries: 2_000, histogram: 'explicit', names: 'collector' } as const

const OPTION_NAMES: readonly (keyof SpanMetricsOptions)[] = [
  'dimensions',
  'maxSeries',
  'histogram',
  'buckets',
  'names',
  'registry',
]

/** @throws TracingConfigError for the first option that is wrong */
export function checkSpanMetrics(options: SpanMetricsOptions): void {
  checkPlainObject('spanMetrics', options)
  checkKeys('spanMetrics.', options, OPTION_NAMES)
  const { histogram = SPAN_METRICS_DEFAULTS.histogram, names = SPAN_METRICS_DEFAULTS.names, registry } = options
  checkOneOf('spanMetrics.histogram', histogram, ['explicit', 'exponential'])
  checkOneOf('spanMetrics.names', names, Object.keys(NAMINGS))
  checkNumber('spanMetrics.maxSeries', options.maxSeries, { min: 2, integer: true })
  checkDimensions(options.dimensions ?? [], names)
  if (registry !== undefined) {
    const methods = ['registerMetric', 'getSingleMetric', 'removeSingleMetric']
    checkPart('spanMetrics.registry', registry, 'a Registry of prom-client', methods)
    checkIsFree(registry, names)
  }
  if (options.buckets !== undefined) checkBuckets(options.buckets, histogram === 'explicit' || registry !== undefined)
}

function checkDimensions(dimensions: readonly string[], names: NamingStyle): void {
  const { service, spanName, spanKind, statusCode } = NAMINGS[names]
  const taken = new Set([service, spanName, spanKind, statusCode, 'le', 'otel.metric.overflow'].map(labelName))
  checkEach('spanMetrics.dimensions', dimensions, (dimension, option) => {
    if (typeof dimension !== 'string') throw wrongType(option, 'the name of an attribute', dimension)
    // Two of one label would be two series that Prometheus can't tell apart.
    if (dimension === '' || taken.has(labelName(dimension))) {
      throw outOfRange(option, 'the name of an attribute, whose label is not there yet', dimension)
    }
    taken.add(labelName(dimension))
  })
}

function checkBuckets(buckets: readonly number[], areUsed: boolean): void {
  checkArray('spanMetrics.buckets', buckets)
  const isRising = buckets.every((bound, index) => bound > (buckets[index - 1] ?? 0) && bound < Infinity)
  if (areUsed && isRising && buckets.length > 0) return
  const allowed = areUsed
    ? 'rising numbers above 0, at least one'
    : 'left out where histogram is exponential and there is no registry'
  throw outOfRange('spanMetrics.buckets', allowed, buckets)
}

function checkIsFree(registry: PrometheusRegistry, names: NamingStyle): void {
  const { calls, duration } = NAMINGS[names]
  for (const { prometheus } of [calls, duration]) {
    if (registry.getSingleMetric(prometheus) === undefined) continue
    throw outOfRange('spanMetrics.registry', `a registry that has no ${prometheus} yet`, registry)
  }
}
