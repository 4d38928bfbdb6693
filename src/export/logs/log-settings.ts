import { warnOfEnvValue, readEnvList } from '../../internal/runtime/env.js'
import { readTable, resolveTable, type OptionTable } from '../../internal/checks/option-table.js'
import { BATCH_OPTIONS, deliveryOf, type BatchOptions, type ResolvedBatchOptions } from '../pipeline/batch-options.js'
import { otlpFromEnvironment, type OtlpSettings } from '../pipeline/otlp-settings.js'

/** One exporter of log records. `batch: 'none'` sends each record by itself. */
export interface LogPipelineSettings {
  readonly exporter: { readonly kind: 'console' } | OtlpSettings
  readonly batch: LogBatchOptions | 'none'
}

/** Batching of log records; names and units of the specification's batching processor. */
export type LogBatchOptions = Pick<
  BatchOptions,
  'maxQueueSize' | 'maxExportBatchSize' | 'scheduledDelayMillis' | 'exportTimeoutMillis'
>

/** Specification, "Batch LogRecord Processor". */
const LOG_BATCH_OPTIONS: OptionTable<LogBatchOptions> = {
  maxQueueSize: { ...BATCH_OPTIONS.maxQueueSize, variables: ['OTEL_BLRP_MAX_QUEUE_SIZE'] },
  maxExportBatchSize: { ...BATCH_OPTIONS.maxExportBatchSize, variables: ['OTEL_BLRP_MAX_EXPORT_BATCH_SIZE'] },
  scheduledDelayMillis: {
    ...BATCH_OPTIONS.scheduledDelayMillis,
    variables: ['OTEL_BLRP_SCHEDULE_DELAY'],
    default: 1_000,
  },
  exportTimeoutMillis: { ...BATCH_OPTIONS.exportTimeoutMillis, variables: ['OTEL_BLRP_EXPORT_TIMEOUT'] },
}

/** OTEL_LOGS_EXPORTER, with OTEL_BLRP_*; empty where logs were not asked for. */
export function logPipelinesFromEnvironment(): readonly LogPipelineSettings[] {
  const names = readEnvList('OTEL_LOGS_EXPORTER')
  if (!names || names.includes('none')) return []
  const batch = readTable(LOG_BATCH_OPTIONS)
  return [...new Set(names)].flatMap((name): LogPipelineSettings[] => {
    if (name === 'otlp') return [{ exporter: otlpFromEnvironment('logs'), batch }]
    if (name === 'console') return [{ exporter: { kind: 'console' }, batch: 'none' }]
    warnOfEnvValue('OTEL_LOGS_EXPORTER', 'a list of otlp, console, or none', `"${name}" is left out`)
    return []
  })
}

/** @param delivery what is the same for all signals; its batching is that of spans */
export function logBatchOptions(
  batch: LogPipelineSettings['batch'],
  delivery: ResolvedBatchOptions,
): ResolvedBatchOptions {
  const given = batch === 'none' ? { maxExportBatchSize: 1 } : batch
  const { maxQueueSize, maxExportBatchSize, ...rest } = resolveTable(
    LOG_BATCH_OPTIONS,
    given,
  ) as Required<LogBatchOptions>
  return {
    ...deliveryOf('logs', delivery),
    ...rest,
    maxQueueSize,
    // As in the SDK.
    maxExportBatchSize: Math.min(maxExportBatchSize, maxQueueSize),
  }
}
