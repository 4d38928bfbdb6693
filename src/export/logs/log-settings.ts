import { readEnvList, readEnvNumber, warnOfEnvValue } from '../../internal/runtime/env.js'
import {
  BATCH_RANGES,
  deliveryOf,
  withoutUndefined,
  type BatchOptions,
  type ResolvedBatchOptions,
} from '../pipeline/batch-options.js'
import { otlpFromEnvironment, type OtlpSettings } from '../pipeline/otlp-settings.js'

/** One way out for log records. `batch: 'none'` sends each record by itself. */
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
const DEFAULTS = {
  maxQueueSize: 2_048,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 1_000,
  exportTimeoutMillis: 30_000,
} as const

/** OTEL_LOGS_EXPORTER, with OTEL_BLRP_*; empty where logs were not asked for. */
export function logPipelinesFromEnvironment(): readonly LogPipelineSettings[] {
  const names = readEnvList('OTEL_LOGS_EXPORTER')
  if (!names || names.includes('none')) return []
  const batch = batchFromEnvironment()
  return [...new Set(names)].flatMap((name): LogPipelineSettings[] => {
    if (name === 'otlp') return [{ exporter: otlpFromEnvironment('logs'), batch }]
    if (name === 'console') return [{ exporter: { kind: 'console' }, batch: 'none' }]
    warnOfEnvValue('OTEL_LOGS_EXPORTER', 'a list of otlp, console, or none', `"${name}" is left out`)
    return []
  })
}

function batchFromEnvironment(): LogBatchOptions {
  return withoutUndefined({
    maxQueueSize: readEnvNumber('OTEL_BLRP_MAX_QUEUE_SIZE', BATCH_RANGES.maxQueueSize),
    maxExportBatchSize: readEnvNumber('OTEL_BLRP_MAX_EXPORT_BATCH_SIZE', BATCH_RANGES.maxExportBatchSize),
    scheduledDelayMillis: readEnvNumber('OTEL_BLRP_SCHEDULE_DELAY', BATCH_RANGES.scheduledDelayMillis),
    exportTimeoutMillis: readEnvNumber('OTEL_BLRP_EXPORT_TIMEOUT', BATCH_RANGES.exportTimeoutMillis),
  })
}

/** @param delivery what is the same for all signals; its batching is that of spans */
export function logBatchOptions(
  batch: LogPipelineSettings['batch'],
  delivery: ResolvedBatchOptions,
): ResolvedBatchOptions {
  const given = batch === 'none' ? { maxExportBatchSize: 1 } : withoutUndefined(batch)
  const { maxQueueSize, maxExportBatchSize, ...rest } = { ...DEFAULTS, ...given }
  return {
    ...deliveryOf('logs', delivery),
    ...rest,
    maxQueueSize,
    // As in the SDK.
    maxExportBatchSize: Math.min(maxExportBatchSize, maxQueueSize),
  }
}
