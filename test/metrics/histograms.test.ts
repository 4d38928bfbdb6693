import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  MetricReader,
  type AggregationOption,
} from '@opentelemetry/sdk-metrics'
import { expect, test } from 'vitest'
import { createSpanMetrics } from '../../src/metrics/span-metrics.js'
import type { SpanMetricsOptions } from '../../src/metrics/span-metrics-options.js'
import { collected } from './collected.js'
import { seeded, spanMaker } from './spans.js'

const BUCKETS = [0.002, 0.05, 0.25, 1, 5]

class Reader extends MetricReader {
  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }
}

/** What the SDK makes of the durations, and what we do. */
async function both(
  seconds: readonly number[],
  aggregation: AggregationOption,
  options: SpanMetricsOptions,
): Promise<[sdk: Value, ours: Value]> {
  const reader = new Reader()
  const views = [{ instrumentName: 'duration', aggregation }]
  const meters = new MeterProvider({ readers: [reader], views, resource: resourceFromAttributes({}) })
  const histogram = meters.getMeter('test').createHistogram('duration')
  const metrics = createSpanMetrics(options)
  const producer = metrics.producer(AggregationTemporality.CUMULATIVE)
  const watched = { onStart() {}, forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() }
  const record = {
    ...watched,
    onEnd: ({ duration: [s, nanos] }: { duration: [number, number] }) => histogram.record(s + nanos / 1e9),
  }
  const spans = spanMaker([metrics.processor, record])
  for (const one of seconds) spans.make('a', { seconds: one })
  const { resourceMetrics } = await reader.collect()
  const sdk = resourceMetrics.scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.value as Value
  const ours = (await collected(producer))['traces.span.metrics.duration']?.dataPoints[0]?.value as Value
  return [sdk, ours]
}

interface Value {
  readonly sum: number
  readonly count: number
}

function expectSame([sdk, ours]: readonly [Value, Value]): void {
  const { sum: sdkSum, ...sdkRest } = sdk
  const { sum, ...rest } = ours
  expect(rest).toEqual(sdkRest)
  // Ours is exact; theirs is a sum of floating point numbers.
  expect(sum).toBeCloseTo(sdkSum, 6)
}

const random = seeded(7)
const spread = Array.from({ length: 20_000 }, () => Math.round(10 ** (random() * 10 - 8) * 1e9) / 1e9)

const VALUES: Readonly<Record<string, readonly number[]>> = {
  'one value': [0.1],
  'zeros alone': [0, 0],
  'bounds and their neighbours': BUCKETS.flatMap((bound) => [bound - 1e-9, bound, bound + 1e-9]),
  'powers of two': Array.from({ length: 40 }, (_, power) => 2 ** (power - 9)),
  'falling values': [8, 4, 2, 1, 0.5, 0.25, 0.001, 1e-9],
  'a nanosecond to a month': [1e-9, 2_592_000, 0.001, 1e-9, 60, 0],
  'ten orders of magnitude': spread,
}

test.each(Object.entries(VALUES))('explicit buckets are those of the SDK: %s', async (_, seconds) => {
  const options = { boundaries: [...BUCKETS] }
  const aggregation: AggregationOption = { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options }
  expectSame(await both(seconds, aggregation, { buckets: BUCKETS }))
})

test.each(Object.entries(VALUES))('exponential buckets are those of the SDK: %s', async (_, seconds) => {
  const aggregation: AggregationOption = { type: AggregationType.EXPONENTIAL_HISTOGRAM }
  expectSame(await both(seconds, aggregation, { histogram: 'exponential' }))
})
