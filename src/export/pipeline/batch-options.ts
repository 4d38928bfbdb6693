import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { join } from 'node:path'
import { readEnvChoice } from '../../internal/runtime/env.js'
import { LONGEST_TIMER_MILLIS } from '../../internal/async/settled-within.js'
import {
  booleanRow,
  checkTable,
  checkValues,
  numberRow,
  resolveTable,
  textRow,
  type OptionRow,
  type OptionTable,
} from '../../internal/checks/option-table.js'
import { checkNumber, type NumberRange } from '../../internal/checks/validate.js'

/** Batching and delivery. The first four have the names, units and defaults of the SDK's `BatchSpanProcessor`. */
export interface BatchOptions {
  /**
   * Spans that may wait for a `SpanExporter`; further ones are dropped. Default 2,048, or OTEL_BSP_MAX_QUEUE_SIZE. Over
   * OTLP full batches are sent at once, and what waits for the backend is bounded by `outageBufferBytes`; there, so many
   * spans wait at most for attributes of the resource that are still being looked up.
   */
  maxQueueSize?: number
  /**
   * Spans in one export. Default 512, or OTEL_BSP_MAX_EXPORT_BATCH_SIZE. At most `maxQueueSize`: an error where both are
   * options, else `maxQueueSize` is used.
   */
  maxExportBatchSize?: number
  /** Longest wait before an export, in milliseconds. Default 5,000, or OTEL_BSP_SCHEDULE_DELAY. */
  scheduledDelayMillis?: number
  /** Longest time of one export, in milliseconds. Default 30,000, or OTEL_BSP_EXPORT_TIMEOUT. */
  exportTimeoutMillis?: number
  /**
   * OTLP: memory that encoded spans may take while they wait for the backend, in bytes, in all threads together. With a
   * delivery thread each is in memory twice. Beyond it whole traces are dropped, lowest randomness first. Default 64 MiB, or
   * SPANWRIGHT_OUTAGE_BUFFER_BYTES.
   */
  outageBufferBytes?: number
  /**
   * OTLP: a folder for spans that can't be sent, also for the next process when this one does not live to send them.
   * Default: none, or SPANWRIGHT_SPOOL_DIR.
   */
  spoolDirectory?: string
  /** Most that the folder may hold, in bytes. Default 256 MiB, or SPANWRIGHT_SPOOL_MAX_BYTES. */
  spoolMaxBytes?: number
  /** OTLP: send from a worker thread. Default true, unless SPANWRIGHT_EXPORT_THREAD=off. */
  exportThread?: boolean
}

/** With nothing left out but the spool. */
export type ResolvedBatchOptions = Required<Omit<BatchOptions, 'spoolDirectory'>> & Pick<BatchOptions, 'spoolDirectory'>

const MIB = 1_024 * 1_024
const AT_LEAST_ONE: NumberRange = { min: 1, integer: true }
const AT_LEAST_ONE_MIB: NumberRange = { min: MIB, integer: true }

export const BATCH_OPTIONS: OptionTable<BatchOptions> = {
  maxQueueSize: numberRow(AT_LEAST_ONE, {
    variables: ['OTEL_BSP_MAX_QUEUE_SIZE'],
    fileKey: 'max_queue_size',
    default: 2_048,
  }),
  maxExportBatchSize: numberRow(AT_LEAST_ONE, {
    variables: ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'],
    fileKey: 'max_export_batch_size',
    default: 512,
  }),
  scheduledDelayMillis: numberRow(
    { min: 0, max: LONGEST_TIMER_MILLIS },
    { variables: ['OTEL_BSP_SCHEDULE_DELAY'], fileKey: 'schedule_delay', default: 5_000 },
  ),
  exportTimeoutMillis: numberRow(
    { min: 1, max: LONGEST_TIMER_MILLIS },
    { variables: ['OTEL_BSP_EXPORT_TIMEOUT'], fileKey: 'export_timeout', default: 30_000 },
  ),
  outageBufferBytes: numberRow(AT_LEAST_ONE_MIB, {
    variables: ['SPANWRIGHT_OUTAGE_BUFFER_BYTES'],
    default: 64 * MIB,
  }),
  spoolDirectory: textRow({ variables: ['SPANWRIGHT_SPOOL_DIR'] }),
  spoolMaxBytes: numberRow(AT_LEAST_ONE_MIB, { variables: ['SPANWRIGHT_SPOOL_MAX_BYTES'], default: 256 * MIB }),
  exportThread: booleanRow({
    variables: ['SPANWRIGHT_EXPORT_THREAD'],
    read: (variable) => readEnvChoice(variable, { on: true, off: false }, 'on is used'),
    default: true,
  }),
}

/** The option `batch` of startTracing, where every key must be one of these. */
export const BATCH_ROW: OptionRow<BatchOptions> = {
  table: BATCH_OPTIONS,
  check(option, given) {
    const batch = given as BatchOptions
    checkTable(option, batch, BATCH_OPTIONS)
    checkFitsQueue(`${option}.`, batch)
  },
}

/** @throws TracingConfigError for the first option that is wrong; other keys are not looked at */
export function checkBatchOptions(options: BatchOptions): void {
  checkValues('', options, BATCH_OPTIONS)
  checkFitsQueue('', options)
}

function checkFitsQueue(prefix: string, { maxQueueSize: max, maxExportBatchSize }: BatchOptions): void {
  if (max !== undefined) checkNumber(`${prefix}maxExportBatchSize`, maxExportBatchSize, { ...AT_LEAST_ONE, max })
}

/**
 * The options that are among others take precedence over what one source of configuration says (the environment, or a
 * file), and that over the defaults. A batch that is larger than the queue is cut to it, as in the SDK; logged once where
 * its size was asked for.
 */
export function resolveBatchOptions(options: BatchOptions, configured: BatchOptions): ResolvedBatchOptions {
  const resolved = resolveTable(BATCH_OPTIONS, options, configured) as ResolvedBatchOptions
  const { maxExportBatchSize, maxQueueSize } = resolved
  if (maxExportBatchSize <= maxQueueSize) return resolved
  if ((options.maxExportBatchSize ?? configured.maxExportBatchSize) !== undefined) {
    warnOnce(
      'batch larger than queue',
      `OTEL_BSP_MAX_EXPORT_BATCH_SIZE (batch.maxExportBatchSize) is ${maxExportBatchSize}, more than ` +
        `OTEL_BSP_MAX_QUEUE_SIZE (batch.maxQueueSize); ${maxQueueSize} is used for both`,
    )
  }
  return { ...resolved, maxExportBatchSize: maxQueueSize }
}

/** The options of another signal than spans: a spool is a folder of its own, since each signal goes to another address. */
export function deliveryOf(
  signal: 'logs' | 'metrics',
  { spoolDirectory, ...options }: ResolvedBatchOptions,
): ResolvedBatchOptions {
  return { ...options, ...(spoolDirectory !== undefined && { spoolDirectory: join(spoolDirectory, signal) }) }
}
