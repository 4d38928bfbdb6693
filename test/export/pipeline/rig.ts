import { context, logs, metrics, propagation, trace, type Context, type Tracer } from '@opentelemetry/api'
import { ExportResultCode, type ExportResult } from '@opentelemetry/core'
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node'
import {
  TracerProvider,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
  type TracerProviderOptions,
} from '@opentelemetry/sdk-trace'
import type { Worker } from 'node:worker_threads'
import { onTestFinished, vi } from 'vitest'
import {
  BatchSpanProcessor,
  type BatchSpanProcessorOptions,
} from '../../../src/export/pipeline/batch-span-processor.js'
import { startTracing, type Tracing, type TracingOptions } from '../../../src/index.js'
import type { OtlpProtocol, OtlpSink } from '../../helpers/otlp-sink.js'
import { assertLedgerAddsUp } from '../../helpers/ledger.js'

export const PROTOCOLS: readonly OtlpProtocol[] = ['grpc', 'http/protobuf', 'http/json']

export interface Rig {
  readonly processor: BatchSpanProcessor
  readonly provider: TracerProvider
  readonly tracer: Tracer
  /** Starts and ends so many spans. */
  readonly end: (count: number, name?: string, context?: Context) => void
}

/**
 * The SDK's own provider with a processor of ours. When the test is over, the ledger is checked, before the shutdown and
 * after it.
 */
export function rig(options: BatchSpanProcessorOptions, more: TracerProviderOptions = {}): Rig {
  const processor = new BatchSpanProcessor({ shutdownTimeoutMillis: 100, ...options })
  const provider = new TracerProvider({ ...more, spanProcessors: [processor] })
  const tracer = provider.getTracer('app')
  onTestFinished(async () => {
    assertLedgerAddsUp(processor.ledger())
    const stopped = processor.shutdown()
    if (vi.isFakeTimers()) await vi.runAllTimersAsync()
    vi.useRealTimers()
    await stopped
    assertLedgerAddsUp(processor.ledger())
  })
  const end: Rig['end'] = (count, name = 'work', context) => {
    for (let i = 0; i < count; i += 1) tracer.startSpan(name, { attributes: { i } }, context).end()
  }
  return { processor, provider, tracer, end }
}

/** What the processor reads when it is constructed, and the delivery thread is given. */
export function environmentFor(sink: OtlpSink, protocol: OtlpProtocol): Record<string, string> {
  const OTEL_EXPORTER_OTLP_ENDPOINT = protocol === 'grpc' ? sink.grpcUrl : sink.httpUrl
  return { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: protocol }
}

/** A rig that sends to the sink by the delivery thread, or, with `exportThread: false`, without one. */
export function otlpRig(
  sink: OtlpSink,
  protocol: OtlpProtocol,
  options: BatchSpanProcessorOptions = {},
  more: TracerProviderOptions = {},
): Rig {
  return withEnv(environmentFor(sink, protocol), () => rig({ shutdownTimeoutMillis: 2_000, ...options }, more))
}

/** Sets variables until the test is over: a processor without a thread reads them when it has something to send. */
export function withEnv<T>(env: Readonly<Record<string, string>>, fn: () => T): T {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  return fn()
}

/** A plain NodeSDK with these processors, for traces only; its globals are gone when the test is over. */
export function startNodeSdk(spanProcessors: SpanProcessor[], more: Partial<NodeSDKConfiguration> = {}): NodeSDK {
  const parts = { autoDetectResources: false, metricReaders: [], logRecordProcessors: [] }
  const sdk = new NodeSDK({ ...parts, ...more, spanProcessors })
  sdk.start()
  onTestFinished(releaseApi)
  return sdk
}

function releaseApi(): void {
  for (const api of [trace, context, propagation, metrics, logs]) api.disable()
}

export type Done = (result: ExportResult) => void

/** Anybody's exporter: it keeps what it was given, and answers as it is told to. */
export class AnyExporter implements SpanExporter {
  /** Names of the spans of each export. */
  readonly batches: string[][] = []
  /** The most exports that were under way at once. */
  mostAtOnce = 0
  flushes = 0
  shutdowns = 0
  readonly #answer: (done: Done, spans: readonly ReadableSpan[]) => void
  #underWay = 0

  constructor(answer: (done: Done, spans: readonly ReadableSpan[]) => void = (done) => setTimeout(done, 1, SUCCESS)) {
    this.#answer = answer
  }

  get sizes(): number[] {
    return this.batches.map(({ length }) => length)
  }

  export(spans: readonly ReadableSpan[], done: Done): void {
    this.batches.push(spans.map(({ name }) => name))
    this.#underWay += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay)
    this.#answer((result) => {
      this.#underWay -= 1
      done(result)
    }, spans)
  }

  forceFlush(): Promise<void> {
    this.flushes += 1
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    this.shutdowns += 1
    return Promise.resolve()
  }
}

export const SUCCESS: ExportResult = { code: ExportResultCode.SUCCESS }
export const FAILED: ExportResult = { code: ExportResultCode.FAILED, error: new Error('no luck') }

/** Everything that is said from now on to the end of the test, on stderr. */
export function listenToStderr(): string[] {
  const said: string[] = []
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text).trimEnd()) > 0)
  onTestFinished(() => spy.mockRestore())
  return said
}

/** startTracing to the sink; ledger and shutdown as with a rig. */
export function startTracingTo(sink: OtlpSink, protocol: OtlpProtocol, options: TracingOptions = {}): Tracing {
  const start = (): Tracing => startTracing({ instrumentations: [], serviceName: 'shop', ...options })
  const tracing = withEnv(environmentFor(sink, protocol), start)
  onTestFinished(async () => {
    assertLedgerAddsUp(tracing.ledger())
    await tracing.shutdown()
    releaseApi()
    assertLedgerAddsUp(tracing.ledger())
  })
  return tracing
}

/** The threads that are started from now on to the end of the test. */
export function watchThreads(): Worker[] {
  const threads: Worker[] = []
  const onWorker = (worker: Worker): void => void threads.push(worker)
  process.on('worker', onWorker)
  onTestFinished(() => void process.off('worker', onWorker))
  return threads
}
