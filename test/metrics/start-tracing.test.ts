import { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  alwaysOff,
  errorBiasedSampler,
  parentBased,
  probabilitySampler,
  startTracing,
  TracingConfigError,
  withSpan,
  type Sampler,
  type Tracing,
  type TracingOptions,
} from '../../src/index.js'
import { assertLedgerAddsUp } from '../helpers/ledger.js'
import { parseOpenMetrics, type ParsedSample } from '../helpers/openmetrics.js'
import { openMetricsRegistry, type OpenMetricsRegistry } from './open-metrics-registry.js'

const CALLS = 'traces_span_metrics_calls'
const DURATION = 'traces_span_metrics_duration_seconds'

let tracing: Tracing | undefined
let exporter: InMemorySpanExporter
let registry: OpenMetricsRegistry
afterEach(async () => {
  await tracing?.shutdown()
})

function start(sampler: Sampler, more: TracingOptions = {}): Tracing {
  exporter = new InMemorySpanExporter()
  registry = openMetricsRegistry()
  const spanMetrics = { registry }
  tracing = startTracing({ traceExporter: exporter, instrumentations: [], sampler, spanMetrics, ...more })
  return tracing
}

async function scrape(family: string): Promise<ParsedSample[]> {
  return parseOpenMetrics(await registry.metrics()).get(family)?.samples ?? []
}

async function calls(): Promise<Record<string, number>> {
  const samples = await scrape(CALLS)
  return Object.fromEntries(
    samples.map(({ labels, value }) => [
      `${labels.span_name} ${labels.status_code?.slice('STATUS_CODE_'.length)}`,
      value,
    ]),
  )
}

const boom = new Error('boom')
/** A trace of three spans: two well, one in error of each `everyth`. */
function traces(count: number, everyth: number): void {
  for (let i = 0; i < count; i++) {
    withSpan('request', () => {
      withSpan('query', () => undefined)
      const charge = (): void =>
        withSpan('charge', () => {
          if (i % everyth === 0) throw boom
        })
      try {
        charge()
      } catch (error) {
        if (error !== boom) throw error
      }
    })
  }
}

describe('spanMetrics of startTracing', () => {
  test.each([
    ['100 %', probabilitySampler(1)],
    ['1 %', probabilitySampler(0.01)],
    ['0 %', alwaysOff()],
    ['1 % of the roots', parentBased(probabilitySampler(0.01))],
    ['errors and 1 %', errorBiasedSampler({ ratio: 0.01 })],
    ['errors of a tenth', errorBiasedSampler({ ratio: 0.01, recordRatio: 0.1 })],
  ])('counts each span once, exactly, when %s are sampled', async (_, sampler) => {
    const running = start(sampler)
    traces(2_000, 4)
    await running.flush()
    expect(await calls()).toEqual({
      'request UNSET': 2_000,
      'query UNSET': 2_000,
      'charge UNSET': 1_500,
      'charge ERROR': 500,
    })
    const counts = (await scrape(DURATION)).filter(({ name }) => name.endsWith('_count'))
    expect(counts.map(({ value }) => value).toSorted((a, b) => a - b)).toEqual([500, 1_500, 2_000, 2_000])
    const ledger = running.ledger()
    assertLedgerAddsUp(ledger)
    expect(ledger).toMatchObject({ started: 6_000, notRecorded: 0, open: 0, undecided: 0 })
    // Of those that are sampled, some find the queue full.
    expect(ledger.sampledOut + ledger.exported + ledger.droppedQueueFull).toBe(6_000)
  })

  test('durations are those of the spans', async () => {
    start(alwaysOff())
    const tracer = trace.getTracer('test')
    const startTime: [number, number] = [1_700_000_000, 0]
    for (const seconds of [0.003, 0.3, 30]) {
      const span = tracer.startSpan('timed', { startTime })
      span.end([startTime[0] + Math.floor(seconds), Math.round((seconds % 1) * 1e9)])
    }
    const samples = await scrape(DURATION)
    expect(samples.find(({ name }) => name.endsWith('_sum'))?.value).toBe(30.303)
    expect(samples.find(({ labels: { le } }) => le === '0.004')?.value).toBe(1)
    expect(samples.find(({ labels: { le } }) => le === '15.0')?.value).toBe(2)
  })

  test('sends no more spans than before, and tells callees the same', async () => {
    const running = start(alwaysOff())
    const carrier: Record<string, string> = {}
    withSpan('request', () => propagation.inject(trace.setSpan(ROOT_CONTEXT, trace.getActiveSpan() as never), carrier))
    await running.flush()
    expect(carrier.traceparent).toMatch(/-02$/)
    expect(exporter.getFinishedSpans()).toEqual([])
    expect(await calls()).toEqual({ 'request UNSET': 1 })
  })

  test('explain tells what the sampler said, though the span was recorded', () => {
    const running = start(alwaysOff())
    const traceId = withSpan('request', (span) => span.spanContext().traceId)
    expect(running.explain(traceId)).toMatchObject({ head: 'dropped', outcome: 'dropped', reason: 'head' })
  })

  test('goes on counting all when the sampler is exchanged', async () => {
    const running = start(probabilitySampler(1))
    traces(1, 2)
    running.setSampler(alwaysOff())
    traces(1, 2)
    expect(await calls()).toEqual({ 'request UNSET': 2, 'query UNSET': 2, 'charge ERROR': 2 })
  })

  test('has exemplars of kept spans, also of an error that the tail kept', async () => {
    start(errorBiasedSampler({ ratio: 0 }))
    traces(1, 2)
    traces(1, 1)
    const samples = await scrape(DURATION)
    const shown = samples.filter(({ exemplar }) => exemplar !== undefined)
    await tracing?.flush()
    const kept = new Set(exporter.getFinishedSpans().map((span) => span.spanContext().traceId))
    expect(shown.length).toBeGreaterThan(0)
    expect(shown.some(({ labels }) => labels.status_code === 'STATUS_CODE_ERROR')).toBe(true)
    for (const { exemplar } of shown) expect(kept).toContain(exemplar?.labels.trace_id)
  })

  test('counts the span of a caller that is not sampled', async () => {
    start(parentBased(probabilitySampler(1)))
    const parent = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00' }
    const span = trace
      .getTracer('test')
      .startSpan('request', { kind: SpanKind.SERVER }, propagation.extract(ROOT_CONTEXT, parent))
    span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
    expect(await calls()).toEqual({ 'request ERROR': 1 })
    expect(exporter.getFinishedSpans()).toEqual([])
  })

  test('can be started again with the same registry after a shutdown', async () => {
    const first = start(alwaysOff())
    const spanMetrics = { registry }
    withSpan('a', () => undefined)
    await first.shutdown()
    expect(registry.getMetricsAsArray()).toEqual([])
    tracing = startTracing({ traceExporter: 'none', instrumentations: [], spanMetrics })
    withSpan('b', () => undefined)
    expect(await calls()).toEqual({ 'b UNSET': 1 })
  })

  test('records nothing more when it is off', () => {
    const running = start(alwaysOff(), { spanMetrics: false })
    expect(withSpan('a', (span) => span.isRecording())).toBe(false)
    expect(running.ledger()).toMatchObject({ started: 1, notRecorded: 1 })
    expect(registry.getMetricsAsArray()).toEqual([])
  })

  test.each([['yes'], [1], [null]])('refuses %o', (spanMetrics) => {
    expect(() => startTracing({ spanMetrics: spanMetrics as never })).toThrow(TracingConfigError)
  })
})

test('says nothing on stderr where all is well', async () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  start(probabilitySampler(1))
  traces(3, 2)
  await scrape(CALLS)
  await tracing?.shutdown()
  expect(stderr.mock.calls).toEqual([])
  stderr.mockRestore()
})
