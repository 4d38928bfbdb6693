import {
  PeriodicExportingMetricReader,
  type MetricProducer,
  type PushMetricExporter,
  type IMetricReader,
} from '@opentelemetry/sdk-metrics'
import { addExitHook } from '../../internal/process-exit/exit-hooks.js'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { withinMillis } from '../../internal/async/settled-within.js'
import { collectNow, hasNewMeasurements, type ImmediateProducer } from './collect-now.js'
import { OtlpMetricExporter } from './otlp-metric-exporter.js'

/** A reader, and what it exports by. */
export interface MetricPipeline {
  readonly reader: IMetricReader
  /** Undefined where metrics are fetched. */
  readonly exporter: PushMetricExporter | undefined
  /** Collects and sends, in at most that time. Never rejects. */
  flush(timeoutMillis: number): Promise<void>
}

interface PeriodicReaderOptions {
  readonly exporter: PushMetricExporter
  readonly intervalMillis: number
  readonly timeoutMillis: number
  /** Longest time that leaving may take. */
  readonly shutdownTimeoutMillis: number
  readonly producers: readonly ImmediateProducer[]
}

/**
 * OpenTelemetry's periodic reader, which also collects and exports when the process ends, whichever way. `process.exit` leaves
 * no turn of the event loop, so there, what an asynchronous callback would observe is missing.
 */
export function periodicReader(options: PeriodicReaderOptions): MetricPipeline {
  const { exporter, intervalMillis, timeoutMillis, shutdownTimeoutMillis, producers } = options
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: intervalMillis,
    exportTimeoutMillis: timeoutMillis,
    metricProducers: [...producers],
  })
  const last = new LastCollection(exporter, producers)
  let isShutDown = false
  let isCollected = false
  const collectLast = (): void => {
    if (!isShutDown && !isCollected) last.exportWhatIsNew()
    isCollected = true
  }
  const flush = async (millis: number): Promise<void> => {
    if (isShutDown) return
    if (exporter instanceof OtlpMetricExporter) exporter.flushTimeoutMillis = millis
    await withinMillis(
      millis,
      reader.forceFlush().then(() => last.wasFlushed(), reportFailure),
    )
  }
  const send = async (): Promise<void> => {
    const { resourceMetrics } = await reader.collect({ timeoutMillis })
    exporter.export(resourceMetrics, () => last.wasFlushed())
  }
  /** What goes by the delivery thread needs the event loop to be collected; `flushSync` waits for it, beside other signals. */
  const flushBeforeExit = async (millis: number): Promise<void> => {
    const byThread = (): boolean => exporter instanceof OtlpMetricExporter && !exporter.needsEventLoop
    if (byThread() && !isShutDown && last.producer) await withinMillis(millis, send().catch(reportFailure))
    // Only now it is known whether a thread can be started.
    if (!byThread()) await flush(millis)
  }
  const removeExitHook = addExitHook({
    timeoutMillis: shutdownTimeoutMillis,
    prepare: () => undefined,
    needsEventLoop: true,
    pending: 0,
    flush: flushBeforeExit,
    startLeaving(millis) {
      collectLast()
      if (exporter instanceof OtlpMetricExporter) exporter.startLeaving(millis)
    },
    flushSync(millis) {
      collectLast()
      isCollected = false
      if (exporter instanceof OtlpMetricExporter) exporter.shutdownSync(millis)
    },
  })
  const setMetricProducer = reader.setMetricProducer.bind(reader)
  const shutdown = reader.shutdown.bind(reader)
  // On the object, so that it stays an instance of the SDK's class, which a MeterProvider asks for.
  Object.assign(reader, {
    setMetricProducer(producer: MetricProducer) {
      last.producer = producer
      setMetricProducer(producer)
    },
    async shutdown(shutdownOptions?: { timeoutMillis?: number }) {
      isShutDown = true
      await shutdown(shutdownOptions)
      removeExitHook()
    },
  })
  return { reader, flush, exporter }
}

function reportFailure(error: unknown): void {
  warnOnce('metrics flush', `metrics could not be sent: ${messageOf(error)}`)
}

/** The collection at the end of a process whose event loop does not turn any more. */
class LastCollection {
  readonly #exporter: PushMetricExporter
  readonly #producers: readonly ImmediateProducer[]
  /** What the MeterProvider gave to the reader. */
  producer: MetricProducer | undefined
  /** How much the producers had when the last flush was over; undefined before. */
  #flushed: number | undefined

  constructor(exporter: PushMetricExporter, producers: readonly ImmediateProducer[]) {
    this.#exporter = exporter
    this.#producers = producers
  }

  /** All that there is has been exported. */
  wasFlushed(): void {
    this.#flushed = this.#total()
  }

  exportWhatIsNew(): void {
    const { producer } = this
    if (producer === undefined) return
    try {
      if (this.#flushed === this.#total() && !hasNewMeasurements(producer)) return
      this.#exporter.export(collectNow(producer, this.#producers), () => undefined)
      this.wasFlushed()
    } catch (error) {
      warnOnce('metrics at exit', `the last metrics are lost: ${messageOf(error)}`)
    }
  }

  #total(): number {
    return this.#producers.reduce((sum, producer) => sum + producer.total(), 0)
  }
}
