import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { freePort } from '../helpers/free-port.js'
import type { ReceivedSpan } from '../helpers/otlp-sink.js'
import { fileExporter, otlpReceiver, QUIET, spansInFile, startCollector, temporaryFolder } from './collector.js'
import { endLoad, startLoad } from './load.js'
import { has, needs } from './programs.js'

const SPAN_METRICS = {
  histogram: { unit: 's', explicit: { buckets: ['1ms', '1s'] } },
  metrics_flush_interval: '500ms',
  resource_metrics_key_attributes: ['service.name'],
}

describe.skipIf(!has('collector'))(`sampling by probability, and a collector ${needs('collector')}`, () => {
  test('the collector samples down to 10 % just those traces that this sampler would have kept, whole', async () => {
    await using collector = await samplingCollector()
    const traces = 4_000
    const ledger = await makeTraces(collector.endpoint, { ratio: 0.5, traces, service: 'half' })
    expect(ledger.exported + ledger.notRecorded).toBe(2 * traces)
    const all = await settled(() => spansInFile(collector.all))
    expect(all).toHaveLength(ledger.exported)
    // What is kept at 10 %, worked out here: the last 56 bits of the trace id against the threshold.
    const threshold = (9n * (1n << 56n)) / 10n
    const expected = all.filter(({ traceId }) => randomness(traceId) >= threshold)
    const kept = await settled(() => spansInFile(collector.tenth))
    expect(new Set(kept.map(({ spanId }) => spanId))).toEqual(new Set(expected.map(({ spanId }) => spanId)))
    expect(new Set(kept.map(({ traceState }) => /ot=th:([0-9a-f]+)/.exec(traceState)?.[1]))).toEqual(new Set(['e666']))
    expectWithin4Errors(kept.length / 2, traces, 0.1)
  }, 120_000)

  test('span_metrics counts every span that there was, of 1 % of them, within 4 standard errors; two processes add up', async () => {
    await using collector = await samplingCollector()
    const traces = 20_000
    const service = 'hundredth'
    const send = (): ReturnType<typeof makeTraces> => makeTraces(collector.endpoint, { ratio: 0.01, traces, service })
    const ledgers = [await send(), await send()]
    const spans = await settled(() => spansInFile(collector.all))
    expect(spans).toHaveLength(ledgers.reduce((sum, { exported }) => sum + exported, 0))
    const counts = await vi.waitFor(
      async () => {
        const found = await callsBySpanName(collector.metricsUrl, service)
        expect(sum(found)).toBe(100 * spans.length)
        return found
      },
      { timeout: 15_000, interval: 200 },
    )
    // Of each name as many as there were: each kept one counts a hundred times, in both processes.
    expect(counts.child).toBe(counts.parent)
    const error = Math.sqrt((2 * traces * 0.99) / 0.01)
    expect(Math.abs((counts.parent ?? 0) - 2 * traces)).toBeLessThan(4 * error)
  }, 180_000)
})

interface SamplingCollector extends AsyncDisposable {
  readonly endpoint: string
  readonly metricsUrl: string
  /** The files of all spans, and of those that it has kept at 10 %. */
  readonly all: string
  readonly tenth: string
}

async function samplingCollector(): Promise<SamplingCollector> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder('sampling'))
  const [all, tenth] = [join(folder.path, 'all.jsonl'), join(folder.path, 'tenth.jsonl')]
  const [grpc, http, metrics] = await Promise.all([freePort(), freePort(), freePort()])
  stack.use(
    await startCollector(folder.path, {
      receivers: { otlp: otlpReceiver(grpc, http) },
      processors: {
        probabilistic_sampler: { mode: 'equalizing', sampling_percentage: 10, sampling_precision: 4 },
      },
      connectors: { span_metrics: SPAN_METRICS },
      exporters: {
        file: fileExporter(all),
        'file/tenth': fileExporter(tenth),
        prometheus: { endpoint: `127.0.0.1:${metrics}` },
      },
      service: {
        ...QUIET,
        pipelines: {
          traces: { receivers: ['otlp'], exporters: ['file', 'span_metrics'] },
          'traces/tenth': { receivers: ['otlp'], processors: ['probabilistic_sampler'], exporters: ['file/tenth'] },
          metrics: { receivers: ['span_metrics'], exporters: ['prometheus'] },
        },
      },
    }),
  )
  const started = stack.move()
  return {
    endpoint: `http://127.0.0.1:${http}`,
    metricsUrl: `http://127.0.0.1:${metrics}/metrics`,
    all,
    tenth,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

interface Load {
  readonly ratio: number
  readonly traces: number
  readonly service: string
}

async function makeTraces(endpoint: string, { ratio, traces, service }: Load): ReturnType<typeof endLoad> {
  await using load = await startLoad({
    OTEL_SERVICE_NAME: service,
    OTEL_TRACES_SAMPLER: 'parentbased_probability',
    OTEL_TRACES_SAMPLER_ARG: String(ratio),
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    TRACES: String(traces),
    AT_ONCE: '500',
  })
  return await endLoad(load)
}

const randomness = (traceId: string): bigint => BigInt(`0x${traceId.slice(-14)}`)

function expectWithin4Errors(count: number, of: number, ratio: number): void {
  expect(Math.abs(count - of * ratio)).toBeLessThan(4 * Math.sqrt(of * ratio * (1 - ratio)))
}

/** What a file has once nothing comes for a while: the sender has ended before. */
async function settled(find: () => ReceivedSpan[]): Promise<readonly ReceivedSpan[]> {
  let before = -1
  return vi.waitFor(
    () => {
      const spans = find()
      const isSettled = spans.length > 0 && spans.length === before
      before = spans.length
      if (!isSettled) throw new Error(`${spans.length} spans and more`)
      return spans
    },
    { timeout: 15_000, interval: 400 },
  )
}

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)

async function callsBySpanName(url: string, service: string): Promise<Record<string, number>> {
  const text = await (await fetch(url)).text()
  const counts: Record<string, number> = {}
  for (const [, labels = '', value] of text.matchAll(/^traces_span_metrics_calls_total\{(.*)\} (\S+)/gm)) {
    if (!labels.includes(`service_name="${service}"`)) continue
    const name = /span_name="([^"]*)"/.exec(labels)?.[1] ?? ''
    counts[name] = (counts[name] ?? 0) + Number(value)
  }
  return counts
}
