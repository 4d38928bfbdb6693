import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { AlwaysOffSampler, SamplingDecision, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { Counter, Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { createSpanMetrics } from '../../src/metrics/span-metrics.js'
import type { SpanMetricsOptions } from '../../src/metrics/span-metrics-options.js'
import { parseOpenMetrics, type ParsedSample } from '../helpers/openmetrics.js'
import { openMetricsRegistry, type OpenMetricsRegistry } from './open-metrics-registry.js'
import { spanMaker, type SpanMaker } from './spans.js'

const CALLS = 'traces_span_metrics_calls'
const DURATION = 'traces_span_metrics_duration_seconds'

type AnyRegistry = OpenMetricsRegistry | Registry

interface Started {
  readonly registry: AnyRegistry
  readonly spans: SpanMaker
}

function start(options: SpanMetricsOptions = {}, registry: AnyRegistry = openMetricsRegistry()): Started {
  const metrics = createSpanMetrics({ registry, ...options })
  return { registry, spans: spanMaker([metrics.processor, metrics.exemplars]) }
}

async function scrape(registry: AnyRegistry, family: string): Promise<ParsedSample[]> {
  return parseOpenMetrics(await registry.metrics()).get(family)?.samples ?? []
}

async function exemplars(registry: AnyRegistry): Promise<unknown[]> {
  const samples = await scrape(registry, DURATION)
  return samples.flatMap(({ labels: { le }, exemplar }) => (exemplar ? [[le, exemplar.labels.trace_id]] : []))
}

describe('a registry of prom-client', () => {
  test('shows calls with the labels of the collector, exact at each scrape', async () => {
    const { registry, spans } = start()
    spans.make('GET "/a"\n', { kind: SpanKind.SERVER, status: SpanStatusCode.ERROR })
    const labels = {
      service_name: 'shop',
      span_name: 'GET "/a"\n',
      span_kind: 'SPAN_KIND_SERVER',
      status_code: 'STATUS_CODE_ERROR',
    }
    expect(await scrape(registry, CALLS)).toMatchObject([{ name: `${CALLS}_total`, labels, value: 1 }])
    spans.make('GET "/a"\n', { kind: SpanKind.SERVER, status: SpanStatusCode.ERROR })
    expect(await scrape(registry, CALLS)).toMatchObject([{ labels, value: 2 }])
  })

  test('shows durations in buckets that add up', async () => {
    const { registry, spans } = start({ buckets: [0.1, 1, 2.5] })
    for (const seconds of [0.1, 0.5, 1, 2, 30]) spans.make('GET', { seconds })
    const samples = await scrape(registry, DURATION)
    expect(samples.map(({ name, labels: { le }, value }) => [name.slice(DURATION.length), le, value])).toEqual([
      ['_bucket', '0.1', 1],
      ['_bucket', '1.0', 3],
      ['_bucket', '2.5', 4],
      ['_bucket', '+Inf', 5],
      ['_sum', undefined, 33.6],
      ['_count', undefined, 5],
    ])
  })

  test('has the names and labels of Tempo, and dimensions as labels, when asked', async () => {
    const { registry, spans } = start({ names: 'tempo', dimensions: ['http.response.status_code', 'http.route'] })
    spans.make('GET', { kind: SpanKind.CLIENT, attributes: { 'http.response.status_code': 200 } })
    expect(await scrape(registry, 'traces_spanmetrics_calls')).toMatchObject([
      {
        name: 'traces_spanmetrics_calls_total',
        labels: {
          service: 'shop',
          span_name: 'GET',
          span_kind: 'SPAN_KIND_CLIENT',
          status_code: 'STATUS_CODE_UNSET',
          http_response_status_code: '200',
        },
      },
    ])
    expect(await scrape(registry, 'traces_spanmetrics_latency')).toHaveLength(17)
  })

  test('has explicit buckets also where OTLP gets exponential ones', async () => {
    const { registry, spans } = start({ histogram: 'exponential', buckets: [0.5] })
    spans.make('GET')
    expect(await scrape(registry, DURATION)).toHaveLength(4)
  })

  test('keeps the names with _total and no exemplars in the older text format', async () => {
    const { registry, spans } = start({ buckets: [1] }, new Registry())
    spans.make('GET')
    const text = await registry.metrics()
    expect(text).toContain('# TYPE traces_span_metrics_calls_total counter\ntraces_span_metrics_calls_total{')
    expect(text).toMatch(/_bucket\{le="1",service_name="shop",.*\} 1\n/)
    expect(text).not.toContain('trace_id')
  })

  test('gives the workers of a cluster what they add up', async () => {
    const { registry, spans } = start({ buckets: [1] })
    spans.make('GET')
    const [calls, duration] = (await registry.getMetricsAsJSON()) as unknown as Family[]
    expect(calls).toMatchObject({ type: 'counter', aggregator: 'sum', values: [{ value: 1 }] })
    expect(calls?.values[0]?.labels).toHaveProperty('span_name', 'GET')
    expect(duration?.values.map(({ metricName, labels }) => [metricName, labels.le, labels.span_name])).toEqual([
      [`${DURATION}_bucket`, '1.0', 'GET'],
      [`${DURATION}_bucket`, '+Inf', 'GET'],
      [`${DURATION}_sum`, undefined, 'GET'],
      [`${DURATION}_count`, undefined, 'GET'],
    ])
  })

  test('keeps its counts when all metrics are reset, as sums over OTLP must not fall', async () => {
    const { registry, spans } = start()
    spans.make('GET')
    registry.resetMetrics()
    expect(await scrape(registry, CALLS)).toMatchObject([{ value: 1 }])
  })

  test('is left as it was when tracing ends, beside metrics of others', async () => {
    const registry = openMetricsRegistry()
    new Counter({ name: 'own', help: 'own', registers: [registry] }).inc()
    const metrics = createSpanMetrics({ registry })
    expect([...parseOpenMetrics(await registry.metrics()).keys()]).toEqual(['own', CALLS, DURATION])
    metrics.close()
    expect([...parseOpenMetrics(await registry.metrics()).keys()]).toEqual(['own'])
  })
})

interface Family {
  readonly values: readonly { metricName?: string; labels: Record<string, string> }[]
}

describe('exemplars', () => {
  test('are the newest sampled span of each bucket', async () => {
    const { registry, spans } = start({ buckets: [0.1, 1] })
    spans.make('GET', { seconds: 0.05 })
    const fast = spans.make('GET', { seconds: 0.06 })
    const slow = spans.make('GET', { seconds: 7.25 })
    expect(await exemplars(registry)).toEqual([
      ['0.1', fast.traceId],
      ['+Inf', slow.traceId],
    ])
    const { exemplar } = (await scrape(registry, DURATION))[2] ?? {}
    const labels = { trace_id: slow.traceId, span_id: slow.spanId }
    expect(exemplar).toEqual({ labels, value: 7.25, timestamp: 1_700_000_007.25 })
  })

  test('are never spans that are recorded and not sampled', async () => {
    const registry = openMetricsRegistry()
    const metrics = createSpanMetrics({ registry })
    const recording = { shouldSample: () => ({ decision: SamplingDecision.RECORD }), toString: () => 'recording' }
    spanMaker([metrics.processor, metrics.exemplars], recording).make('GET')
    expect(await scrape(registry, CALLS)).toMatchObject([{ value: 1 }])
    expect(await exemplars(registry)).toEqual([])
  })

  test('are spans too that are kept at the end of their trace', async () => {
    const registry = openMetricsRegistry()
    const metrics = createSpanMetrics({ registry })
    const recording = { shouldSample: () => ({ decision: SamplingDecision.RECORD }), toString: () => 'recording' }
    // As the tail hands on what it keeps.
    const tail = {
      onStart: () => undefined,
      onEnd: (span: ReadableSpan) => metrics.exemplars?.onEnd(asSampled(span)),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    }
    const kept = spanMaker([metrics.processor, tail], recording).make('GET')
    expect(await exemplars(registry)).toEqual([['0.002', kept.traceId]])
  })

  test('are not kept where there is no registry to show them', () => {
    expect(createSpanMetrics().exemplars).toBeUndefined()
  })
})

function asSampled(span: ReadableSpan): ReadableSpan {
  const spanContext = { ...span.spanContext(), traceFlags: TraceFlags.SAMPLED }
  return Object.create(span, { spanContext: { value: () => spanContext } }) as ReadableSpan
}

test('what no sampler records is not counted by the processor alone', async () => {
  const registry = openMetricsRegistry()
  const metrics = createSpanMetrics({ registry })
  spanMaker([metrics.processor], new AlwaysOffSampler()).make('GET')
  expect(await scrape(registry, CALLS)).toEqual([])
})
