import type { BatchObservableResult, MeterProvider, Observable } from '@opentelemetry/api'
import type { TracingLedger } from './ledger.js'

// Semantic conventions, "OpenTelemetry SDK Metrics" (in development there).

const PROCESSOR = {
  'otel.component.type': 'batching_span_processor',
  'otel.component.name': 'batching_span_processor/0',
}
const EXPORTER = { 'otel.component.type': 'otlp_span_exporter', 'otel.component.name': 'otlp_span_exporter/0' }

/** Shows the ledger as the SDK's own metrics; returns a function that ends this. Read when metrics are collected. */
export function meterLedger(meters: MeterProvider, read: () => TracingLedger, queueCapacity?: number): () => void {
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
    result.observe(processed, ledger.exported, PROCESSOR)
    result.observe(processed, ledger.droppedQueueFull, { ...PROCESSOR, 'error.type': 'queue_full' })
    result.observe(queueSize, ledger.queued + ledger.undecided, PROCESSOR)
    if (queueCapacity !== undefined) result.observe(capacity, queueCapacity, PROCESSOR)
    result.observe(inflight, ledger.exporting, EXPORTER)
    result.observe(exported, ledger.exported, EXPORTER)
    result.observe(exported, ledger.droppedExportFailed, { ...EXPORTER, 'error.type': 'rejected' })
    result.observe(exported, ledger.droppedOutageBuffer, { ...EXPORTER, 'error.type': 'outage_buffer_full' })
    result.observe(exported, ledger.droppedAtExit, { ...EXPORTER, 'error.type': 'process_exit' })
  }
  const all = [started, live, processed, queueSize, capacity, inflight, exported]
  meter.addBatchObservableCallback(observe, all)
  return () => meter.removeBatchObservableCallback(observe, all)
}
