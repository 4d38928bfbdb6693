import { metrics, trace } from '@opentelemetry/api'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { TracingLedger } from '../../../src/index.js'
import { assertLedgerAddsUp } from '../../helpers/ledger.js'
import { otlpSink } from '../../helpers/otlp-sink.js'
import {
  AnyExporter,
  FAILED,
  listenToStderr,
  otlpRig,
  rig,
  startTracingTo,
  SUCCESS,
  withEnv,
  type Done,
} from './rig.js'

class Reader extends MetricReader {
  protected onForceFlush = (): Promise<void> => Promise.resolve()
  protected onShutdown = (): Promise<void> => Promise.resolve()
}

interface Measured {
  readonly unit: string
  readonly monotonic: boolean
  /** By the attributes that say what a value is of: `error.type`, or nothing. */
  readonly values: Readonly<Record<string, number>>
  readonly components: readonly unknown[]
}

function metered(): { meters: MeterProvider; measure: () => Promise<Record<string, Measured>> } {
  const reader = new Reader()
  const meters = new MeterProvider({ readers: [reader] })
  onTestFinished(() => meters.shutdown())
  return { meters, measure: () => measuredBy(reader) }
}

async function measuredBy(reader: MetricReader): Promise<Record<string, Measured>> {
  const { resourceMetrics, errors } = await reader.collect()
  expect(errors).toEqual([])
  const all: Record<string, Measured> = {}
  for (const { descriptor, dataPoints, ...metric } of resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)) {
    const errorType = (attributes: object): string =>
      'error.type' in attributes ? String(attributes['error.type']) : ''
    const values = dataPoints.map(({ attributes, value }): [string, number] => {
      const isTail = attributes['otel.component.type'] === 'tail_span_processor'
      return [isTail ? 'tail' : errorType(attributes), value as number]
    })
    all[descriptor.name] = {
      unit: descriptor.unit,
      monotonic: 'isMonotonic' in metric && metric.isMonotonic,
      values: Object.fromEntries(values),
      components: [...new Set(dataPoints.map(({ attributes }) => attributes['otel.component.name']))],
    }
  }
  return all
}

/** The semantic conventions' names, and what the ledger says of each. */
function expectedOf(ledger: TracingLedger, capacity: number | undefined): Record<string, Pick<Measured, 'values'>> {
  assertLedgerAddsUp(ledger)
  const { exported, droppedQueueFull, droppedExportFailed, droppedOutageBuffer, droppedAtExit } = ledger
  const failed = { rejected: droppedExportFailed, outage_buffer_full: droppedOutageBuffer, process_exit: droppedAtExit }
  // Passed on, whatever comes of it: spans in flight are processed, too.
  const finished =
    ledger.exporting + ledger.spooled + exported + droppedExportFailed + droppedOutageBuffer + droppedAtExit
  return {
    'otel.sdk.span.started': { values: { '': ledger.started } },
    'otel.sdk.span.live': { values: { '': ledger.open } },
    'otel.sdk.processor.span.processed': { values: { '': finished, queue_full: droppedQueueFull } },
    'otel.sdk.processor.span.queue.size': { values: { '': ledger.queued, tail: ledger.undecided } },
    ...(capacity !== undefined && { 'otel.sdk.processor.span.queue.capacity': { values: { '': capacity } } }),
    'otel.sdk.exporter.span.inflight': { values: { '': ledger.exporting + ledger.spooled } },
    'otel.sdk.exporter.span.exported': { values: { '': exported, ...failed } },
  }
}

test('a meter provider that is handed over shows the ledger, at each moment', async () => {
  listenToStderr()
  const { meters, measure } = metered()
  const answers: Done[] = []
  const exporter = new AnyExporter((done) => answers.push(done))
  const options = { exporter, maxQueueSize: 4, maxExportBatchSize: 2, selfObsMeterProvider: meters }
  const { end, tracer, processor } = rig(options)
  const expectBoth = async (known: Partial<TracingLedger>): Promise<void> => {
    expect(processor.ledger()).toMatchObject(known)
    expect(await measure()).toMatchObject(expectedOf(processor.ledger(), 4))
  }
  await expectBoth({ started: 0 })
  const open = tracer.startSpan('open')
  end(7)
  await expectBoth({ started: 8, open: 1, exporting: 2, queued: 4, droppedQueueFull: 1 })
  answers.shift()?.(SUCCESS)
  await vi.waitFor(() => expect(answers).toHaveLength(1))
  await expectBoth({ exported: 2, exporting: 2, queued: 2 })
  answers.shift()?.(FAILED)
  await vi.waitFor(() => expect(processor.ledger().droppedExportFailed).toBe(2))
  await expectBoth({ exported: 2, exporting: 2, queued: 0, droppedExportFailed: 2 })
  const stopped = processor.shutdown()
  open.end()
  await expectBoth({ open: 0, droppedAtExit: 1 })
  await stopped
})

test('each metric has the unit and the kind that the conventions give it', async () => {
  const { meters, measure } = metered()
  rig({ exporter: new AnyExporter(), selfObsMeterProvider: meters })
  const all = await measure()
  const kinds = Object.entries(all).map(([name, { unit, monotonic }]) => [name, unit, monotonic ? 'counter' : 'level'])
  expect(Object.fromEntries(kinds.map(([name, ...kind]) => [name, kind.join(' ')]))).toEqual({
    'otel.sdk.span.started': '{span} counter',
    'otel.sdk.span.live': '{span} level',
    'otel.sdk.processor.span.processed': '{span} counter',
    'otel.sdk.processor.span.queue.size': '{span} level',
    'otel.sdk.processor.span.queue.capacity': '{span} level',
    'otel.sdk.exporter.span.inflight': '{span} level',
    'otel.sdk.exporter.span.exported': '{span} counter',
  })
})

test('over OTLP the numbers are the same', async () => {
  const { meters, measure } = metered()
  await using sink = await otlpSink()
  sink.respondWith([{ kind: 'partialSuccess', rejectedSpans: 1 }])
  listenToStderr()
  const { end, processor } = otlpRig(sink, 'http/protobuf', { selfObsMeterProvider: meters })
  end(5)
  await processor.forceFlush()
  end(2)
  expect(processor.ledger()).toMatchObject({ started: 7, exported: 4, droppedExportFailed: 1, queued: 2 })
  expect(await measure()).toMatchObject(expectedOf(processor.ledger(), undefined))
  await processor.shutdown()
})

test('two processors can be told from each other', async () => {
  const { meters, measure } = metered()
  const [first, second] = [1, 2].map(() => {
    const exporter = new AnyExporter((done) => done(SUCCESS))
    return rig({ exporter, selfObsMeterProvider: meters })
  })
  first?.end(1)
  second?.end(2)
  const all = await measure()
  expect(all['otel.sdk.processor.span.queue.size']?.components).toHaveLength(4)
  const exporters = all['otel.sdk.exporter.span.exported']?.components ?? []
  expect(exporters).toEqual([expect.stringMatching(/^AnyExporter\/\d+$/), expect.stringMatching(/^AnyExporter\/\d+$/)])
})

test('after the shutdown nothing is metered any more', async () => {
  const { meters, measure } = metered()
  const { end, processor } = rig({ exporter: new AnyExporter(), selfObsMeterProvider: meters })
  end(2)
  expect((await measure())['otel.sdk.span.started']?.values).toEqual({ '': 2 })
  await processor.shutdown()
  end(1)
  // The reader repeats what it saw last.
  expect((await measure())['otel.sdk.span.started']?.values).toEqual({ '': 2 })
})

describe('under startTracing', () => {
  test('OTEL_METRICS_EXPORTER makes the ledger seen in the metrics of the app', async () => {
    await using sink = await otlpSink()
    // Prometheus: an exporter that is asked, so that the test decides when.
    const env = { OTEL_METRICS_EXPORTER: 'prometheus', OTEL_EXPORTER_PROMETHEUS_PORT: '0' }
    const tracing = withEnv(env, () => startTracingTo(sink, 'http/protobuf'))
    const reader = readerOf(metrics.getMeterProvider())
    const tracer = trace.getTracer('app')
    const open = tracer.startSpan('open')
    for (let i = 0; i < 3; i += 1) tracer.startSpan('work').end()
    await tracing.flush()
    tracer.startSpan('queued').end()
    expect(tracing.ledger()).toMatchObject({ started: 5, open: 1, queued: 1, exported: 3 })
    expect(await measuredBy(reader)).toMatchObject(expectedOf(tracing.ledger(), undefined))
    open.end()
    await tracing.shutdown()
  })

  // Semantic conventions, `otel.component.type`.
  test.each([
    ['otlp', 'grpc', 'otlp_grpc_span_exporter'],
    ['otlp', 'http/protobuf', 'otlp_http_span_exporter'],
    ['otlp', 'http/json', 'otlp_http_json_span_exporter'],
    ['zipkin', 'http/protobuf', 'zipkin_http_span_exporter'],
  ] as const)('the exporter of %s over %s has the component type %s', async (exporter, protocol, type) => {
    await using sink = await otlpSink()
    const env = {
      OTEL_TRACES_EXPORTER: exporter,
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
    }
    const tracing = withEnv(env, () => startTracingTo(sink, protocol))
    const { resourceMetrics } = await readerOf(metrics.getMeterProvider()).collect()
    const ofExporter = resourceMetrics.scopeMetrics
      .flatMap((scope) => scope.metrics)
      .filter(({ descriptor }) => descriptor.name.startsWith('otel.sdk.exporter.'))
      .flatMap(({ dataPoints }) => dataPoints.map(({ attributes }) => attributes))
    expect(new Set(ofExporter.map((attributes) => attributes['otel.component.type']))).toEqual(new Set([type]))
    const names = [...new Set(ofExporter.map((attributes) => attributes['otel.component.name']))]
    expect(names).toEqual([expect.stringMatching(new RegExp(`^${type}/\\d+$`))])
    await tracing.shutdown()
  })
})

/** NodeSDK makes its readers by itself. */
function readerOf(provider: unknown): MetricReader {
  const { _sharedState: state } = provider as { _sharedState: { metricCollectors: { _metricReader: MetricReader }[] } }
  const [collector] = state.metricCollectors
  if (!collector) throw new Error('no metrics were started')
  return collector._metricReader
}
