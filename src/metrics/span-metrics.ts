import { TraceFlags } from '@opentelemetry/api'
import type { AggregationTemporality } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { nowEpochMillis } from '../internal/runtime/clock.js'
import { warnOfError } from '../internal/diagnostics/diagnostics.js'
import { spanMetricProducer, type SpanMetricProducer } from './metric-producer.js'
import { NAMINGS } from './naming.js'
import { registerSpanMetrics } from './prometheus-metrics.js'
import { SeriesIndex } from './series-index.js'
import { SPAN_METRICS_DEFAULTS, type SpanMetricsOptions } from './span-metrics-options.js'
import { passiveProcessor } from '../internal/processors/fan-out.js'

/** Request rate, errors and durations from spans, as they end. */
export interface SpanMetrics {
  /** Counts each span that ends. Stands in front of the tail, which drops spans and may show others late. */
  readonly processor: SpanProcessor
  /**
   * Takes exemplars from the spans that are kept. Stands behind the tail, since that keeps what its head did not sample.
   * Undefined where they would not be shown: without a registry, as the SDK's OTLP exporters leave exemplars out.
   */
  readonly exemplars: SpanProcessor | undefined
  /** What a metric reader of the SDK collects; one for each reader. */
  readonly producer: (temporality: AggregationTemporality) => SpanMetricProducer
  /** Takes the metrics out of the registry. */
  close(): void
}

/** @param options checked ones */
export function createSpanMetrics(
  options: SpanMetricsOptions = {},
  nowMillis: () => number = nowEpochMillis,
): SpanMetrics {
  const { dimensions = [], maxSeries = SPAN_METRICS_DEFAULTS.maxSeries, registry } = options
  const naming = NAMINGS[options.names ?? SPAN_METRICS_DEFAULTS.names]
  const isExponential = options.histogram === 'exponential'
  const bounds = isExponential && !registry ? undefined : [...(options.buckets ?? naming.buckets)]
  const index = new SeriesIndex({ dimensions, maxSeries, naming, shape: { bounds, isExponential } })
  const source = {
    naming,
    bounds: isExponential ? undefined : bounds,
    all: () => index.all(),
    allNow: () => index.allNow(),
    nowMillis,
  }
  const unregister = registry && registerSpanMetrics(registry, naming, () => index.all())
  return {
    processor: onEach((span) => index.of(span).add(span.duration)),
    exemplars: registry && onEach((span) => noteExemplar(index, span)),
    producer: (temporality) => spanMetricProducer(source, temporality),
    close: () => unregister?.(),
  }
}

function noteExemplar(index: SeriesIndex, span: ReadableSpan): void {
  const spanContext = span.spanContext()
  if ((spanContext.traceFlags & TraceFlags.SAMPLED) === 0) return
  index.of(span).addExemplar(spanContext, span.duration, span.endTime)
}

function onEach(onEnd: (span: ReadableSpan) => void): SpanProcessor {
  return passiveProcessor({
    onEnd(span) {
      try {
        onEnd(span)
      } catch (error) {
        // An attribute can be anything, also what has no text.
        warnOfError('a span is missing in the span metrics', error)
      }
    },
  })
}
