import type { BatchLogRecordProcessorConfigModel, BatchSpanProcessorConfigModel } from '@opentelemetry/configuration'
import { configuredBatchOptions, type BatchOptions } from '../../export/pipeline/batch-options.js'
import { timeout } from './model.js'

/** The batching of spans or of log records; the schema spells both alike. */
export function batchFromFile(
  model: BatchSpanProcessorConfigModel | BatchLogRecordProcessorConfigModel,
  provider: 'tracer_provider' | 'logger_provider',
): BatchOptions {
  const { max_queue_size, max_export_batch_size, schedule_delay, export_timeout } = model
  return configuredBatchOptions(`OTEL_CONFIG_FILE, ${provider}`, {
    ...(max_queue_size != null && { maxQueueSize: max_queue_size }),
    ...(max_export_batch_size != null && { maxExportBatchSize: max_export_batch_size }),
    ...(schedule_delay != null && { scheduledDelayMillis: schedule_delay }),
    ...(export_timeout != null && { exportTimeoutMillis: timeout(export_timeout, 'export_timeout') }),
  })
}
