import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { AggregationTemporality } from '@opentelemetry/sdk-metrics'
import { expect, test, vi } from 'vitest'
import { createSpanMetrics } from '../../src/metrics/span-metrics.js'
import { parseOpenMetrics } from '../helpers/openmetrics.js'
import { collected } from './collected.js'
import { openMetricsRegistry } from './open-metrics-registry.js'
import { spanMaker } from './spans.js'

const { CUMULATIVE } = AggregationTemporality
const CALLS = 'traces.span.metrics.calls'

test('beyond maxSeries all is counted in one series with otel.metric.overflow, which is told', async () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const metrics = createSpanMetrics({ maxSeries: 3 })
  const producer = metrics.producer(CUMULATIVE)
  const spans = spanMaker([metrics.processor])
  for (const name of ['a', 'b', 'c', 'd', 'a', 'c']) spans.make(name)
  const points = (await collected(producer))[CALLS]?.dataPoints.map(({ attributes, value }) => [
    attributes['span.name'] ?? attributes,
    value,
  ])
  expect(points).toEqual([
    ['a', 2],
    ['b', 1],
    [{ 'otel.metric.overflow': true }, 3],
  ])
  expect(stderr.mock.calls.join()).toContain('span metrics have 3 series')
  stderr.mockRestore()
})

test('with dimensions too, known series go on being found when it is full', async () => {
  const metrics = createSpanMetrics({ maxSeries: 2, dimensions: ['code'] })
  const producer = metrics.producer(CUMULATIVE)
  const spans = spanMaker([metrics.processor])
  for (const code of [200, 404, '200', 200, [200]]) spans.make('a', { attributes: { code } })
  const points = (await collected(producer))[CALLS]?.dataPoints
  expect(points?.map(({ attributes, value }) => [attributes.code, value])).toEqual([
    [200, 3],
    [undefined, 2],
  ])
})

test('a million span names leave memory bounded and one overflow series', async () => {
  const registry = openMetricsRegistry()
  const metrics = createSpanMetrics({ registry, dimensions: ['route'] })
  const spans = spanMaker([metrics.processor, metrics.exemplars])
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const usedMiB = (): number => {
    collectGarbage()
    return process.memoryUsage().heapUsed / 2 ** 20
  }
  for (let i = 0; i < 10_000; i++) spans.make(`first ${i}`, { attributes: { route: `/${i}` } })
  const before = usedMiB()
  for (let i = 0; i < 1_000_000; i++) spans.make(`order ${i}`, { attributes: { route: `/${i}` } })
  // A million series would be more than 500.
  expect(usedMiB() - before).toBeLessThan(2)
  const samples = parseOpenMetrics(await registry.metrics()).get('traces_span_metrics_calls')?.samples ?? []
  expect(samples).toHaveLength(2_000)
  const overflow = samples.filter(({ labels }) => labels.otel_metric_overflow !== undefined)
  expect(overflow).toMatchObject([{ labels: { otel_metric_overflow: 'true' }, value: 1_010_000 - 1_999 }])
}, 60_000)
