import { metrics } from '@opentelemetry/api'
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import type { NodeSDK } from '@opentelemetry/sdk-node'
import type { Sampler, SpanProcessor } from '@opentelemetry/sdk-trace'
import { BatchSpanProcessor, pipelineOf } from './export/pipeline/batch-span-processor.js'
import { BatchLogRecordProcessor } from './export/logs/batch-log-record-processor.js'
import { NOTHING_FLUSHED, sumOfResults, type FlushResult } from './export/pipeline/flush-result.js'
import { noDeliveryCounts, type LogLedger, type TracingLedger } from './export/pipeline/ledger.js'
import type { MetricPipeline } from './export/metrics/periodic-reader.js'
import { meterLedger } from './export/pipeline/sdk-metrics.js'
import { monotonicClock } from './internal/runtime/clock.js'
import { processWide } from './internal/runtime/process-wide.js'
import { addExitHook } from './internal/process-exit/exit-hooks.js'
import { setRunningFlush } from './internal/process-exit/running-flush.js'
import { settledWithin } from './internal/async/settled-within.js'
import type { SpanMetrics } from './metrics/span-metrics.js'
import type { SamplingDecisionRecord } from './sampling/runtime/decision-log.js'
import type { SamplingPipeline } from './sampling/runtime/pipeline.js'
import { noSamplingCounts, type SamplingCounts } from './sampling/tail/tail-decisions.js'
import type { TailSpanProcessor } from './sampling/tail/tail-processor.js'
import { idleNodeSdk } from './node-sdk.js'

/** The handle of running tracing. */
export interface Tracing {
  /** OpenTelemetry's NodeSDK beneath. */
  readonly sdk: NodeSDK
  /**
   * Exchanges the sampler, with the tail that belongs to it. Takes effect with the next root span; children follow what
   * decided their root. Closes the sampler that was there, and those that it holds, unless the next one holds them, too.
   *
   * @throws TracingConfigError when it is no sampler
   */
  setSampler(sampler: Sampler): void
  /** Why a trace was kept or not: the sampler, rule, R and T that decided, of the last 10,000 traces that began here. */
  explain(traceId: string): SamplingDecisionRecord | undefined
  /** Where every span went. */
  ledger(): TracingLedger
  /** Where every log record went that was emitted; all zero where OTEL_LOGS_EXPORTER asks for none. */
  logLedger(): LogLedger
  /**
   * Sends out every span that has ended, with the logs and metrics that there are, and says what became of the spans. Never
   * rejects; waits `timeoutMillis`, by default `shutdownTimeoutMillis`.
   */
  flush(options?: { timeoutMillis?: number }): Promise<FlushResult>
  /** Flushes and stops. Never rejects, also when the backend is away; bounded like {@link Tracing.flush}. */
  shutdown(options?: { timeoutMillis?: number }): Promise<FlushResult>
}

/** Of this process, whichever copy of the package has started it. */
export const state: { running?: Tracing } = processWide('tracing', () => ({}))

/**
 * The handle of the tracing that runs: of the flag `--import spanwright/register`, or of the first {@link startTracing}.
 * Starts nothing, and logs nothing. Where nothing runs, a handle that does nothing, as with OTEL_SDK_DISABLED: code that
 * flushes or shuts down needs no other branch. Call it when the handle is needed, since such an idle one stays idle.
 */
export function getTracing(): Tracing {
  return state.running ?? offHandle()
}

/** What runs. */
export interface RunningParts {
  readonly sdk: NodeSDK
  readonly sampling: SamplingPipeline
  readonly tail: TailSpanProcessor
  /** The processors behind the tail. */
  readonly senders: readonly SpanProcessor[]
  readonly logs: readonly LogRecordProcessor[]
  readonly spanMetrics: SpanMetrics | undefined
  readonly metricPipelines: readonly MetricPipeline[]
}

/** @param onStopped called when all has been sent or given up */
export function runningHandle(parts: RunningParts, longestMillis: number, onStopped: () => void): Tracing {
  const { sdk, sampling, tail, senders, logs, spanMetrics, metricPipelines } = parts
  const own = senders.filter((sender) => sender instanceof BatchSpanProcessor)
  const ownLogs = logs.filter((processor) => processor instanceof BatchLogRecordProcessor)
  const others = senders.filter((sender) => !(sender instanceof BatchSpanProcessor))
  const pipeline = own[0] && pipelineOf(own[0])
  const ledger = (): TracingLedger => wholeLedger(sampling.counts, senders)
  const flushOthers = (timeoutMillis: number): Promise<void> =>
    settledWithin(timeoutMillis, 'sending spans', () => others.map((other) => other.forceFlush()))
  const flush: Tracing['flush'] = async ({ timeoutMillis = longestMillis } = {}) => {
    tail.decideNow()
    const began = monotonicClock.nowMillis()
    const flushes = own.map((processor) => processor.forceFlush({ timeoutMillis }))
    const rest = [
      ...ownLogs.map((processor) => processor.forceFlush({ timeoutMillis })),
      ...metricPipelines.map((each) => each.flush(timeoutMillis)),
      ...(others.length > 0 ? [flushOthers(timeoutMillis)] : []),
    ]
    await Promise.all(rest)
    const isTimeUp = rest.length > 0 && monotonicClock.nowMillis() - began >= timeoutMillis
    const result = sumOfResults(await Promise.all(flushes))
    return isTimeUp ? { ...result, timedOut: true } : result
  }
  // Before the exit hook: the app's own MeterProvider may throw.
  const stopMetering =
    metricPipelines.length > 0
      ? meterLedger(metrics.getMeterProvider(), ledger, () => pipeline?.capacity, pipeline?.exporterType)
      : undefined
  const removeExitHook = addExitHook({
    timeoutMillis: longestMillis,
    prepare: () => tail.decideNow(),
    needsEventLoop: others.length > 0,
    get pending() {
      return sampling.counts.started - sampling.counts.open
    },
    flush: flushOthers,
    startLeaving: () => tail.decideNow(),
    flushSync: () => tail.decideNow(),
  })
  let stopped: Promise<FlushResult> | undefined
  const stop = async (timeoutMillis: number): Promise<FlushResult> => {
    tail.decideNow()
    const shutdowns = own.map((processor) => processor.shutdown({ timeoutMillis }))
    for (const processor of ownLogs) void processor.shutdown({ timeoutMillis })
    // Our own keep to their time, and log what was lost.
    await settledWithin(timeoutMillis + 100, 'sending the last spans', () => [sdk.shutdown()])
    sampling.close()
    removeExitHook()
    stopMetering?.()
    spanMetrics?.close()
    setRunningFlush(undefined)
    onStopped()
    return sumOfResults(await Promise.all(shutdowns))
  }
  setRunningFlush(flush)
  return {
    sdk,
    setSampler: (sampler) => sampling.setSampler(sampler),
    explain: (traceId) => sampling.explain(traceId),
    ledger,
    logLedger: () => logLedgerOf(logs),
    flush,
    shutdown: ({ timeoutMillis = longestMillis } = {}) => (stopped ??= stop(timeoutMillis)),
  }
}

/** Where nothing is traced: the shape of the handle, and nothing behind it. */
export function offHandle(): Tracing {
  let sdk: Tracing['sdk'] | undefined
  return {
    // Made when it is asked for: making it may fail where tracing could not start.
    get sdk() {
      return (sdk ??= idleNodeSdk())
    },
    setSampler: () => undefined,
    explain: () => undefined,
    ledger: () => wholeLedger(noSamplingCounts(), []),
    logLedger: () => logLedgerOf([]),
    flush: () => Promise.resolve(NOTHING_FLUSHED),
    shutdown: () => Promise.resolve(NOTHING_FLUSHED),
  }
}

/**
 * The ledger of sampling and of delivery as one. Of several pipelines, the first of ours is the one that counts. Where only
 * processors of others are, spans are exported when they are passed on; where there are none at all, nothing is kept.
 */
function wholeLedger(counts: Readonly<SamplingCounts>, senders: readonly SpanProcessor[]): TracingLedger {
  const { started, open, notRecorded, undecided, sampledOut, passedOn } = counts
  const rest = { started, open, notRecorded, undecided, sampledOut }
  const own = senders.find((sender) => sender instanceof BatchSpanProcessor)
  if (own) return { ...own.ledger(), ...rest }
  if (senders.length > 0) return { ...noDeliveryCounts(), ...rest, exported: passedOn }
  return { ...noDeliveryCounts(), ...rest, sampledOut: sampledOut + passedOn }
}

/** Of several pipelines, the first one of ours is the one that counts. */
function logLedgerOf(processors: readonly LogRecordProcessor[]): LogLedger {
  const own = processors.find((processor) => processor instanceof BatchLogRecordProcessor)
  return own?.ledger() ?? { emitted: 0, ...noDeliveryCounts() }
}
