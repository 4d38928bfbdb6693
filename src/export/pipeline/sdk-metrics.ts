import type { Attributes, BatchObservableResult, MeterProvider, Observable } from '@opentelemetry/api'
import type { TracingLedger } from './ledger.js'

// Semantic conventions, "OpenTelemetry SDK Metrics" (in development there).

/** One for each ledger that was metered: names must be different within an SDK. */
let lastInstance = -1

const component = (type: string): Attributes => ({
  'otel.component.type': type,
  'otel.component.name': `${type}/${lastInstance}`,
})

/** Shows the ledger as the SDK's own metrics; returns a function that ends this. Read when metrics are collected. */
export function meterLedger(
  meters: MeterProvider,
  read: () => TracingLedger,
  queueCapacity: () => number | undefined,
  exporterType = 'otlp_http_span_exporter',
): () => void {
  lastInstance += 1
  const [processor, exporter] = [component('batching_span_processor'), component(exporterType)]
  const tail = component('tail_span_processor')
  const meter = meters.getMeter('spanwright')
  const counter = (name: string): Observable => meter.createObservableCounter(name, { unit: '{span}' })
  const level = (name: string): Observable => meter.createObservableUpDownCounter(name, { unit: '{span}' })
  const started = counter('otel.sdk.span.started')
  const live = level('otel.sdk.span.live')
  const processed = counter('otel.sdk.processor.span.processed')
  const queueSize = level('otel.sdk.processor.span.queue.size')
  const capacity = level('otel.sdk.processor.span.queue.capacity')
  const inflight = level('otel.sdk.exporter.span.inflight')
  const exported = counter('otel.sdk.exporter.span.exported')
  const observe = (result: BatchObservableResult): void => {
    const ledger = read()
    result.observe(started, ledger.started)
    result.observe(live, ledger.open)
    const { exported: taken, droppedExportFailed, droppedOutageBuffer, droppedAtExit } = ledger
    // Semantic conventions: a batching processor has processed a span as soon as it has passed it on, whatever comes of it.
    const passedOn = ledger.exporting + ledger.spooled
    const finished = taken + droppedExportFailed + droppedOutageBuffer + droppedAtExit
    result.observe(processed, passedOn + finished, processor)
    result.observe(processed, ledger.droppedQueueFull, { ...processor, 'error.type': 'queue_full' })
    result.observe(queueSize, ledger.queued, processor)
    result.observe(queueSize, ledger.undecided, tail)
    const room = queueCapacity()
    if (room !== undefined) result.observe(capacity, room, processor)
    // Semantic conventions: passed to the exporter, and neither sent nor failed.
    result.observe(inflight, ledger.exporting + ledger.spooled, exporter)
    result.observe(exported, taken, exporter)
    result.observe(exported, droppedExportFailed, { ...exporter, 'error.type': 'rejected' })
    result.observe(exported, droppedOutageBuffer, { ...exporter, 'error.type': 'outage_buffer_full' })
    result.observe(exported, droppedAtExit, { ...exporter, 'error.type': 'process_exit' })
  }
  const all = [started, live, processed, queueSize, capacity, inflight, exported]
  meter.addBatchObservableCallback(observe, all)
  return () => meter.removeBatchObservableCallback(observe, all)
}
