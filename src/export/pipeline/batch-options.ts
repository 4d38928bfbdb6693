import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { join } from 'node:path'
import { readEnv, readEnvNumber, warnOfEnvValue } from '../../internal/runtime/env.js'
import {
  TracingConfigError,
  checkKeys,
  checkNumber,
  checkPlainObject,
  checkString,
  isInRange,
  rangeInWords,
  type NumberRange,
} from '../../internal/checks/validate.js'
import { LONGEST_TIMER_MILLIS } from '../../internal/async/settled-within.js'

/** Batching and delivery. The first four have the names, units and defaults of the SDK's `BatchSpanProcessor`. */
export interface BatchOptions {
  /**
   * Spans that may wait for a `SpanExporter`; further ones are dropped. Default 2,048, or OTEL_BSP_MAX_QUEUE_SIZE. Over
   * OTLP full batches leave at once, and what waits for the backend is bounded by `outageBufferBytes`; there, so many
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
   * OTLP: encoded spans that may wait in memory while the backend is away, in bytes; beyond it whole traces are dropped,
   * lowest randomness first. Default 64 MiB, or SPANWRIGHT_OUTAGE_BUFFER_BYTES.
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

export const BATCH_DEFAULTS: ResolvedBatchOptions = {
  maxQueueSize: 2_048,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 5_000,
  exportTimeoutMillis: 30_000,
  outageBufferBytes: 64 * MIB,
  spoolMaxBytes: 256 * MIB,
  exportThread: true,
}

const AT_LEAST_ONE: NumberRange = { min: 1, integer: true }

const RANGES = {
  maxQueueSize: AT_LEAST_ONE,
  maxExportBatchSize: AT_LEAST_ONE,
  scheduledDelayMillis: { min: 0, max: LONGEST_TIMER_MILLIS },
  exportTimeoutMillis: { min: 1, max: LONGEST_TIMER_MILLIS },
  outageBufferBytes: { min: MIB, integer: true },
  spoolMaxBytes: { min: MIB, integer: true },
} as const satisfies Partial<Record<keyof BatchOptions, NumberRange>>

/** Of the options that batches of other signals have, too. */
export const BATCH_RANGES: Readonly<
  Record<'maxQueueSize' | 'maxExportBatchSize' | 'scheduledDelayMillis' | 'exportTimeoutMillis', NumberRange>
> = RANGES

const NAMES: readonly (keyof BatchOptions)[] = [
  ...(Object.keys(RANGES) as (keyof typeof RANGES)[]),
  'spoolDirectory',
  'exportThread',
]

/** @throws TracingConfigError for the first option that is wrong */
export function checkBatchOptions(prefix: string, batch: BatchOptions | undefined): void {
  if (batch === undefined) return
  for (const name of Object.keys(RANGES) as (keyof typeof RANGES)[]) {
    checkNumber(prefix + name, batch[name], RANGES[name])
  }
  checkString(`${prefix}spoolDirectory`, batch.spoolDirectory)
  if (batch.exportThread !== undefined && typeof batch.exportThread !== 'boolean') {
    const problem = { option: `${prefix}exportThread`, allowed: 'true or false', received: batch.exportThread }
    throw new TracingConfigError('ERR_OPTION_TYPE', problem)
  }
  const { maxQueueSize: max } = batch
  if (max !== undefined) checkNumber(`${prefix}maxExportBatchSize`, batch.maxExportBatchSize, { ...AT_LEAST_ONE, max })
}

/** Checks the option `batch` of startTracing, where every key must be one of these. */
export function checkBatchOption(batch: BatchOptions | undefined): void {
  checkPlainObject('batch', batch)
  checkKeys('batch.', batch, NAMES)
  checkBatchOptions('batch.', batch)
}

/** What OTEL_BSP_* and SPANWRIGHT_* say; wrong values are told once and count as unset. */
export function batchOptionsFromEnvironment(): BatchOptions {
  const settings = {
    maxQueueSize: readEnvNumber('OTEL_BSP_MAX_QUEUE_SIZE', RANGES.maxQueueSize),
    maxExportBatchSize: readEnvNumber('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', RANGES.maxExportBatchSize),
    scheduledDelayMillis: readEnvNumber('OTEL_BSP_SCHEDULE_DELAY', RANGES.scheduledDelayMillis),
    exportTimeoutMillis: readEnvNumber('OTEL_BSP_EXPORT_TIMEOUT', RANGES.exportTimeoutMillis),
    outageBufferBytes: readEnvNumber('SPANWRIGHT_OUTAGE_BUFFER_BYTES', RANGES.outageBufferBytes),
    spoolDirectory: readEnv('SPANWRIGHT_SPOOL_DIR'),
    spoolMaxBytes: readEnvNumber('SPANWRIGHT_SPOOL_MAX_BYTES', RANGES.spoolMaxBytes),
    exportThread: threadFromEnvironment(),
  }
  return withoutUndefined(settings)
}

function threadFromEnvironment(): boolean | undefined {
  const value = readEnv('SPANWRIGHT_EXPORT_THREAD')?.toLowerCase()
  if (value === undefined || value === 'on') return undefined
  if (value === 'off') return false
  warnOfEnvValue('SPANWRIGHT_EXPORT_THREAD', 'on or off', 'on is used')
  return undefined
}

/**
 * The options that are among others take precedence over what one source of configuration says (the environment, or a
 * file), and that over the defaults. A batch that is larger than the queue is cut to it, as in the SDK; logged once where
 * its size was asked for.
 */
export function resolveBatchOptions(options: BatchOptions, configured: BatchOptions): ResolvedBatchOptions {
  const own = Object.fromEntries(NAMES.map((name) => [name, options[name]]))
  const given: BatchOptions = { ...withoutUndefined(configured), ...withoutUndefined(own) }
  const resolved: ResolvedBatchOptions = { ...BATCH_DEFAULTS, ...given }
  const { maxExportBatchSize, maxQueueSize } = resolved
  if (maxExportBatchSize <= maxQueueSize) return resolved
  if (given.maxExportBatchSize !== undefined) {
    warnOnce(
      'batch larger than queue',
      `OTEL_BSP_MAX_EXPORT_BATCH_SIZE (batch.maxExportBatchSize) is ${maxExportBatchSize}, more than ` +
        `OTEL_BSP_MAX_QUEUE_SIZE (batch.maxQueueSize); ${maxQueueSize} is used for both`,
    )
  }
  return { ...resolved, maxExportBatchSize: maxQueueSize }
}

/** Of a configuration file: a number out of its range is logged once and counts as left out. */
export function configuredBatchOptions(source: string, batch: BatchOptions): BatchOptions {
  const entries = Object.entries(batch).filter(([name, value]) => {
    const range = Object.entries(RANGES).find(([key]) => key === name)?.[1]
    if (!range || isInRange(Number(value), range)) return true
    warnOnce(
      `${source} ${name}`,
      `${source}: ${name} must be ${rangeInWords(range)}, got ${value}; the default is used`,
    )
    return false
  })
  return Object.fromEntries(entries)
}

/** The options of another signal than spans: a spool is a folder of its own, since each signal goes to another address. */
export function deliveryOf(
  signal: 'logs' | 'metrics',
  { spoolDirectory, ...options }: ResolvedBatchOptions,
): ResolvedBatchOptions {
  return { ...options, ...(spoolDirectory !== undefined && { spoolDirectory: join(spoolDirectory, signal) }) }
}

export function withoutUndefined<T extends object>(settings: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as never
}
