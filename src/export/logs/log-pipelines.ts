import { ConsoleLogRecordExporter, SimpleLogRecordProcessor, type LogRecordProcessor } from '@opentelemetry/sdk-logs'
import type { ResolvedBatchOptions } from '../pipeline/batch-options.js'
import { BatchLogRecordProcessor } from './batch-log-record-processor.js'
import { logBatchOptions, type LogPipelineSettings } from './log-settings.js'

/** @param delivery what is the same for all signals */
export function logRecordProcessors(
  pipelines: readonly LogPipelineSettings[],
  delivery: ResolvedBatchOptions,
  shutdownTimeoutMillis: number,
): LogRecordProcessor[] {
  return pipelines.map(({ exporter, batch }) =>
    exporter.kind === 'console'
      ? new SimpleLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() })
      : new BatchLogRecordProcessor(exporter, logBatchOptions(batch, delivery), shutdownTimeoutMillis),
  )
}
