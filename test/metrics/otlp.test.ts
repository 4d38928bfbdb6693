import { expect, test } from 'vitest'
import { otlpMetricsSink, type OtlpMetricsSink, type ReceivedMetric } from '../helpers/otlp-metrics-sink.js'
import { runTracedApp, type TracedRun } from '../helpers/traced-app.js'

const CALLS = 'traces.span.metrics.calls'
const DURATION = 'traces.span.metrics.duration'

function run(sink: OtlpMetricsSink, spanMetrics: unknown, env: Record<string, string> = {}): Promise<TracedRun> {
  return runTracedApp('metrics/span-metrics.mjs', {
    withoutFlag: true,
    args: [JSON.stringify(spanMetrics)],
    env: { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${sink.url}/v1/metrics`, OTEL_SERVICE_NAME: 'shop', ...env },
  })
}

function callsIn(metric: ReceivedMetric | undefined): unknown {
  return Object.fromEntries(metric?.points.map(({ attributes, asInt }) => [attributes['status.code'], asInt]) ?? [])
}

test('spanMetrics: true alone sends true numbers over OTLP at 1 % sampling', async () => {
  await using sink = await otlpMetricsSink()
  const { spans, said } = await run(sink, true)
  expect(spans.length).toBeLessThan(50)
  expect(said).toEqual([])
  expect(sink.problems).toEqual([])
  const calls = sink.last(CALLS)
  expect(calls).toMatchObject({
    kind: 'sum',
    isMonotonic: true,
    temporality: 'CUMULATIVE',
    scope: 'spanwright',
    unit: '',
  })
  expect(calls?.resource['service.name']).toBe('shop')
  expect(callsIn(calls)).toEqual({ STATUS_CODE_UNSET: 200n, STATUS_CODE_ERROR: 100n })
  expect(calls?.points[0]?.attributes).toEqual({
    'service.name': 'shop',
    'span.name': 'GET /cart',
    'span.kind': 'SPAN_KIND_SERVER',
    'status.code': 'STATUS_CODE_ERROR',
  })
  const duration = sink.last(DURATION)
  expect(duration).toMatchObject({ kind: 'histogram', unit: 's', temporality: 'CUMULATIVE' })
  const counted = duration?.points.map(({ count, bucketCounts }) => [count, bucketCounts?.reduce((a, b) => a + b)])
  expect(counted).toEqual([
    [100n, 100n],
    [200n, 200n],
  ])
})

test('they are sent when the app just ends', async () => {
  await using sink = await otlpMetricsSink()
  await run(sink, true, { JUST_END: 'yes' })
  expect(callsIn(sink.last(CALLS))).toEqual({ STATUS_CODE_UNSET: 200n, STATUS_CODE_ERROR: 100n })
})

test('the ledger goes out with them', async () => {
  await using sink = await otlpMetricsSink()
  await run(sink, true)
  expect(sink.last('otel.sdk.span.started')?.points.map(({ asInt, asDouble }) => Number(asInt ?? asDouble))).toEqual([
    300,
  ])
})

test('dimensions arrive as what they were, durations in exponential buckets when asked', async () => {
  await using sink = await otlpMetricsSink()
  await run(sink, { dimensions: ['http.response.status_code'], histogram: 'exponential' })
  expect(sink.problems).toEqual([])
  const { kind, points = [] } = sink.last(DURATION) ?? {}
  expect(kind).toBe('exponentialHistogram')
  expect(points.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([500, 200])
  for (const { count, zeroCount = 0n, positive } of points) {
    expect((positive?.bucketCounts ?? []).reduce((a, b) => a + b, zeroCount)).toBe(count)
  }
})

test('deltas add up to the calls, where the environment prefers them', async () => {
  await using sink = await otlpMetricsSink()
  await run(sink, true, {
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
    OTEL_METRIC_EXPORT_INTERVAL: '5',
    OTEL_METRIC_EXPORT_TIMEOUT: '5',
  })
  const all = sink.exports.flatMap((metrics) => metrics.filter(({ name }) => name === CALLS))
  expect(new Set(all.map(({ temporality }) => temporality))).toEqual(new Set(['DELTA']))
  const sum = all.flatMap(({ points }) => points).reduce((total, { asInt = 0n }) => total + asInt, 0n)
  expect(sum).toBe(300n)
})

test('OTEL_METRICS_EXPORTER=prometheus has them at its endpoint', async () => {
  await using sink = await otlpMetricsSink()
  const port = 20_000 + (process.pid % 10_000)
  // OpenTelemetry's exporter for Prometheus puts no unit in names.
  const { stdout } = await run(sink, true, {
    OTEL_METRICS_EXPORTER: 'prometheus',
    OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
    OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
    SCRAPE: `http://127.0.0.1:${port}/metrics`,
  })
  expect(stdout).toMatch(/^traces_span_metrics_calls_total\{.*status_code="STATUS_CODE_ERROR".*\} 100$/m)
  expect(stdout).toMatch(/^traces_span_metrics_duration_count\{.*status_code="STATUS_CODE_UNSET".*\} 200$/m)
  expect(sink.exports).toEqual([])
})

test('OTEL_METRICS_EXPORTER=none is heeded, and told where that leaves span metrics nowhere to go', async () => {
  await using sink = await otlpMetricsSink()
  const { said } = await run(sink, true, { OTEL_METRICS_EXPORTER: 'none' })
  expect(said.join()).toContain('OTEL_METRICS_EXPORTER is none')
  expect(sink.exports).toEqual([])
})

test('an exporter that there is not is logged by name', async () => {
  await using sink = await otlpMetricsSink()
  const { said } = await run(sink, true, { OTEL_METRICS_EXPORTER: 'otlp,statsd' })
  expect(said.join()).toContain('"statsd" is left out')
  expect(callsIn(sink.last(CALLS))).toEqual({ STATUS_CODE_UNSET: 200n, STATUS_CODE_ERROR: 100n })
})

test('without spanMetrics no metrics go out', async () => {
  await using sink = await otlpMetricsSink()
  await run(sink, false)
  expect(sink.exports).toEqual([])
})
