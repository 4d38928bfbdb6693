import { ValueType, type HrTime } from '@opentelemetry/api'
import { millisToHrTime } from '@opentelemetry/core'
import { emptyResource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
  type MetricDescriptor,
  type MetricProducer,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import type { MetricName, Naming } from './naming.js'
import { downscaled, type Series } from './series.js'

/** What stands behind a producer. */
export interface ProducerSource {
  readonly naming: Naming
  /** Upper bounds of explicit buckets; undefined where exponential ones go out. */
  readonly bounds: readonly number[] | undefined
  all(): Promise<readonly Series[]>
  /** The same, in this turn. */
  allNow(): readonly Series[]
  nowMillis(): number
}

export interface SpanMetricProducer extends MetricProducer {
  /** The same for a process that ends in this turn. */
  collectNow(): ScopeMetrics[]
  /** How many spans have been counted. */
  total(): number
}

/** A series and what is to be said of it. */
type Measured = readonly [series: Series, point: Point]

/**
 * The series as an SDK's reader collects them. Specification, metrics SDK, "MetricProducer": its temporality is its own to
 * settle, the reader changes nothing. Delta is for one reader only, as each collection begins the next.
 */
export function spanMetricProducer(source: ProducerSource, temporality: AggregationTemporality): SpanMetricProducer {
  const measure = temporality === AggregationTemporality.DELTA ? deltas() : sums
  const isDelta = measure !== sums
  let startTime = millisToHrTime(source.nowMillis())
  const scopeMetricsOf = (all: readonly Series[]): ScopeMetrics[] => {
    const endTime = millisToHrTime(source.nowMillis())
    const measured = measure(all)
    const metrics = measured.length > 0 ? metricsOf(source, measured, { temporality, startTime, endTime }) : []
    if (isDelta) startTime = endTime
    return metrics.length > 0 ? [{ scope: { name: 'spanwright' }, metrics }] : []
  }
  return {
    async collect() {
      const scopeMetrics = scopeMetricsOf(await source.all())
      // The reader's own resource takes its place.
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] }
    },
    collectNow: () => scopeMetricsOf(source.allNow()),
    total: () => source.allNow().reduce((sum, series) => sum + pointOf(series).calls, 0),
  }
}

function sums(all: readonly Series[]): Measured[] {
  return all.map((series) => [series, pointOf(series)])
}

function deltas(): typeof sums {
  const before = new Map<Series, Point>()
  return (all) =>
    all.flatMap((series): Measured[] => {
      const now = pointOf(series)
      const last = before.get(series)
      if (last?.calls === now.calls) return []
      before.set(series, now)
      return [[series, last ? pointSince(last, now) : now]]
    })
}

interface Frame {
  readonly temporality: AggregationTemporality
  readonly startTime: HrTime
  readonly endTime: HrTime
}

function metricsOf({ naming, bounds }: ProducerSource, measured: readonly Measured[], frame: Frame): MetricData[] {
  const { temporality: aggregationTemporality, startTime, endTime } = frame
  const points = <T>(valueOf: (point: Point) => T): DataPoint<T>[] =>
    measured.map(([{ attributes }, point]) => ({ startTime, endTime, attributes, value: valueOf(point) }))
  const duration = descriptor(naming.duration, 'How long the spans took', ValueType.DOUBLE)
  return [
    {
      descriptor: descriptor(naming.calls, 'Spans that ended', ValueType.INT),
      aggregationTemporality,
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: points(({ calls }) => calls),
    },
    bounds
      ? {
          descriptor: duration,
          aggregationTemporality,
          dataPointType: DataPointType.HISTOGRAM,
          dataPoints: points((point) => explicitValue(point, bounds)),
        }
      : {
          descriptor: duration,
          aggregationTemporality,
          dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
          dataPoints: points(exponentialValue),
        },
  ]
}

function descriptor({ otlp, unit }: MetricName, description: string, valueType: ValueType): MetricDescriptor {
  return { name: otlp, description, unit, valueType }
}

function explicitValue(point: Point, bounds: readonly number[]): Histogram {
  return { ...summary(point), buckets: { boundaries: [...bounds], counts: [...(point.counts ?? [])] } }
}

function exponentialValue(point: Point): ExponentialHistogram {
  const { scale = 0, offset = 0, counts = [], zeroCount = 0 } = point.exponential ?? {}
  return {
    ...summary(point),
    // As the SDK does: values that are all 0 have no scale.
    scale: counts.length === 0 ? 0 : scale,
    zeroCount,
    positive: { offset, bucketCounts: [...counts] },
    negative: { offset: 0, bucketCounts: [] },
  }
}

function summary({ calls, sumSeconds, min, max }: Point): { count: number; sum: number; min?: number; max?: number } {
  return { count: calls, sum: sumSeconds, ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
}

/** A histogram with exponential buckets, at one moment. */
interface ExponentialPoint {
  readonly scale: number
  readonly offset: number
  readonly counts: readonly number[]
  readonly zeroCount: number
}

/** What a series has counted, at one moment or between two. */
export interface Point {
  readonly calls: number
  readonly sumSeconds: number
  /** Undefined between two moments: they are not remembered. */
  readonly min: number | undefined
  readonly max: number | undefined
  readonly counts: readonly number[] | undefined
  readonly exponential: ExponentialPoint | undefined
}

export function pointOf({ calls, sumSeconds, min, max, explicit, exponential }: Series): Point {
  return {
    calls,
    sumSeconds,
    min,
    max,
    counts: explicit && [...explicit.counts],
    exponential: exponential && {
      scale: exponential.scale,
      offset: exponential.offset,
      counts: [...exponential.counts],
      zeroCount: exponential.zeroCount,
    },
  }
}

/** What came between two points of a series. */
export function pointSince(before: Point, now: Point): Point {
  return {
    calls: now.calls - before.calls,
    sumSeconds: now.sumSeconds - before.sumSeconds,
    min: undefined,
    max: undefined,
    counts: now.counts?.map((count, bucket) => count - (before.counts?.[bucket] ?? 0)),
    exponential: now.exponential && before.exponential && exponentialSince(before.exponential, now.exponential),
  }
}

/** The scale may have fallen meanwhile; it never rises. */
function exponentialSince(before: ExponentialPoint, now: ExponentialPoint): ExponentialPoint {
  const change = before.scale - now.scale
  const earlier = downscaled(before, change)
  const shift = now.offset - (before.offset >> change)
  const counts = now.counts.map((count, bucket) => count - (earlier[bucket + shift] ?? 0))
  return { scale: now.scale, offset: now.offset, counts, zeroCount: now.zeroCount - before.zeroCount }
}
