import { context, logs, metrics, propagation, trace } from '@opentelemetry/api'
import { registerInstrumentations, type Instrumentation } from '@opentelemetry/instrumentation'
import type { IMetricReader } from '@opentelemetry/sdk-metrics'
import { NodeSDK } from '@opentelemetry/sdk-node'
import type { Sampler, SpanProcessor } from '@opentelemetry/sdk-trace'
import { configFileName, settingsFromConfigFile } from './config/config-file.js'
import { logLevelFromEnvironment, settingsFromEnvironment } from './config/environment.js'
import { checkOptions, DEFAULTS, optionsFrom, type TracingOptions } from './config/options.js'
import {
  resolveMetricReaders,
  resolvePropagator,
  resolveResource,
  resolveSampler,
  resolveSpanMetrics,
  resolveSpanProcessors,
} from './config/resolve.js'
import type { TracingSettings } from './config/settings.js'
import { BatchSpanProcessor, queueCapacityOf } from './export/batch-span-processor.js'
import type { TracingLedger } from './export/ledger.js'
import { meterLedger } from './export/sdk-metrics.js'
import { installInstrumentations } from './instrumentation/install.js'
import { leaveTraceFieldsToAdapter } from './instrumentation/log-correlation.js'
import { takePartInDepartures } from './internal/departures.js'
import { hasDiagLogger, logDiagnosticsToStderr, messageOf, warnOnce } from './internal/diagnostics.js'
import { readEnv, withoutEnv } from './internal/env.js'
import { processWide } from './internal/process-wide.js'
import { setRunningFlush } from './internal/running-flush.js'
import { settledWithin } from './internal/settled-within.js'
import { spanObservers } from './internal/span-observers.js'
import { setDefaultLogFormat } from './logs/default-log-format.js'
import type { SpanMetrics } from './metrics/span-metrics.js'
import type { SamplingDecisionRecord } from './sampling/decision-log.js'
import { noSamplingCounts } from './sampling/sampling-counts.js'
import { samplingStage, type SamplingStage } from './sampling/stage.js'
import type { TailSpanProcessor } from './sampling/tail/tail-processor.js'
import { wholeLedger } from './whole-ledger.js'

/** The handle of running tracing. */
export interface Tracing {
  /** OpenTelemetry's NodeSDK beneath. */
  readonly sdk: NodeSDK
  /**
   * Exchanges the sampler, with the tail that belongs to it. Takes effect with the next root span; children follow what
   * decided their root. Closes the sampler that was there.
   *
   * @throws TracingConfigError when it is no sampler
   */
  setSampler(sampler: Sampler): void
  /** Why a trace was kept or not: the sampler, rule, R and T that decided, of the last 10,000 traces that began here. */
  explain(traceId: string): SamplingDecisionRecord | undefined
  /** Where every span went. */
  ledger(): TracingLedger
  /** Sends out every span that has ended. Never rejects; waits `shutdownTimeoutMillis` unless told otherwise. */
  flush(options?: { timeoutMillis?: number }): Promise<void>
  /** Flushes and stops. Never rejects, also when the backend is away; bounded like {@link Tracing.flush}. */
  shutdown(options?: { timeoutMillis?: number }): Promise<void>
}

const state = processWide('tracing', (): { running?: Tracing; hasRun: boolean } => ({ hasRun: false }))

/**
 * Starts tracing: boots OpenTelemetry's NodeSDK with the options, the file of OTEL_CONFIG_FILE, or `OTEL_*`, in that order.
 * A second call returns the first handle and warns once. With OTEL_SDK_DISABLED=true nothing is started.
 *
 * @throws TracingConfigError when an option is wrong. Wrong environment variables are told once, and never throw.
 */
export function startTracing(options?: TracingOptions): Tracing {
  const given = optionsFrom(options)
  checkOptions(given)
  if (state.running) {
    warnOnce('second start', 'tracing is running already; the first handle is returned, new options are not looked at')
    return state.running
  }
  state.running = boot(given)
  return state.running
}

function boot(options: TracingOptions): Tracing {
  setDefaultLogFormat(options.logFormat)
  const ownsDiagnostics = !hasDiagLogger()
  if (ownsDiagnostics) logDiagnosticsToStderr(logLevelFromEnvironment())
  const settings = readSettings()
  if (!settings || settings.disabled) return offHandle()
  if (ownsDiagnostics) logDiagnosticsToStderr(settings.logLevel)

  if (state.hasRun) releaseApi()
  state.hasRun = true
  startInstrumentations(options, settings)
  const spanMetrics = resolveSpanMetrics(options)
  const sampling = samplingStage(resolveSampler(options, settings), options.force, spanMetrics !== undefined)
  const senders = resolveSpanProcessors(options, settings)
  const tail = sampling.inFrontOf(spanMetrics?.exemplars ? [...senders, spanMetrics.exemplars] : senders)
  const readers = spanMetrics ? resolveMetricReaders(options, settings, spanMetrics) : []
  const processors = [...(spanMetrics ? [spanMetrics.processor] : []), tail, spanObservers()]
  const sdk = startSdk(options, settings, sampling, processors, spanMetrics && readers)
  const { shutdownTimeoutMillis = DEFAULTS.shutdownTimeoutMillis } = options
  const metricsAreOn = settings.metricsAreOn || readers.length > 0
  return runningHandle({ sdk, sampling, tail, senders, spanMetrics, readers }, shutdownTimeoutMillis, metricsAreOn)
}

/** A file speaks alone; a wrong file leaves tracing off, since what it should have said is not known. */
function readSettings(): TracingSettings | undefined {
  const file = configFileName()
  if (file === undefined) return settingsFromEnvironment()
  try {
    return settingsFromConfigFile()
  } catch (error) {
    warnOnce('config file', `OTEL_CONFIG_FILE ${file} can't be used, the app is not traced: ${messageOf(error)}`)
    return undefined
  }
}

/**
 * What has been resolved here, and what NodeSDK would otherwise read, and complain of, a second time. Metrics and logs are
 * left to NodeSDK where they were asked for; it would start them by itself, so otherwise it is told `none`.
 */
const RESOLVED = /^OTEL_(SDK_DISABLED|LOG_LEVEL|TRACES_SAMPLER(_ARG)?|SPAN_\w+_LIMIT)$/

function startSdk(
  options: TracingOptions,
  settings: TracingSettings,
  { sampler, propagator }: SamplingStage,
  spanProcessors: SpanProcessor[],
  metricReaders: IMetricReader[] | undefined,
): NodeSDK {
  const start = (): NodeSDK => {
    const resource = resolveResource(options, settings)
    // Until somebody waits for them, late attributes count as pending even when they are there.
    void resource.waitForAsyncAttributes?.()
    const sdk = new NodeSDK({
      autoDetectResources: false,
      resource,
      sampler,
      spanProcessors,
      ...(metricReaders && { metricReaders }),
      spanLimits: { ...settings.spanLimits, ...options.spanLimits },
      textMapPropagator: resolvePropagator(options, settings, propagator ? [propagator] : []),
    })
    sdk.start()
    return sdk
  }
  return withoutEnv(RESOLVED, start, {
    ...(!settings.metricsAreOn && { OTEL_METRICS_EXPORTER: 'none' }),
    ...(!settings.logsAreOn && { OTEL_LOGS_EXPORTER: 'none' }),
  })
}

function startInstrumentations(options: TracingOptions, settings: TracingSettings): void {
  const given = options.instrumentations ?? ['auto']
  const own = given.filter((one): one is Instrumentation => one !== 'auto')
  if (own.length > 0) registerInstrumentations({ instrumentations: own })
  for (const instrumentation of own) leaveTraceFieldsToAdapter(instrumentation)
  if (!given.includes('auto')) return
  installInstrumentations({
    config: options.instrumentationConfig ?? {},
    enabledNames: settings.enabledInstrumentations,
    disabledNames: settings.disabledInstrumentations,
    metricsAreOn: settings.metricsAreOn,
    logsAreOn: settings.logsAreOn,
    inLambda: readEnv('AWS_LAMBDA_FUNCTION_NAME') !== undefined,
  })
}

/** After a shutdown the API still holds the parts of the stopped SDK, and would refuse new ones. */
function releaseApi(): void {
  trace.disable()
  context.disable()
  propagation.disable()
  metrics.disable()
  logs.disable()
}

/** What runs. */
interface Parts {
  readonly sdk: NodeSDK
  readonly sampling: SamplingStage
  readonly tail: TailSpanProcessor
  /** The processors behind the tail. */
  readonly senders: readonly SpanProcessor[]
  readonly spanMetrics: SpanMetrics | undefined
  /** Of span metrics; those that NodeSDK makes by itself are its own. */
  readonly readers: readonly IMetricReader[]
}

function runningHandle(parts: Parts, longestMillis: number, metricsAreOn: boolean): Tracing {
  const { sdk, sampling, tail, senders, spanMetrics, readers } = parts
  const own = senders.filter((sender) => sender instanceof BatchSpanProcessor)
  const others = [...senders.filter((sender) => !(sender instanceof BatchSpanProcessor)), ...readers]
  const ledger = (): TracingLedger => wholeLedger(sampling.counts, own[0])
  const flushOthers = (timeoutMillis: number): Promise<void> =>
    settledWithin(timeoutMillis, 'sending spans', () => others.map((other) => other.forceFlush()))
  const flush: Tracing['flush'] = async ({ timeoutMillis = longestMillis } = {}) => {
    tail.decideNow()
    const flushes = own.map((processor) => processor.forceFlush({ timeoutMillis }))
    if (others.length > 0) flushes.push(flushOthers(timeoutMillis))
    await Promise.all(flushes)
  }
  const stopDeparting = takePartInDepartures({
    timeoutMillis: longestMillis,
    handOver: () => tail.decideNow(),
    needsEventLoop: others.length > 0,
    get news() {
      return sampling.counts.started - sampling.counts.open
    },
    flush: flushOthers,
    leaveNow: () => tail.decideNow(),
  })
  const stopMetering = metricsAreOn
    ? meterLedger(metrics.getMeterProvider(), ledger, () => own[0] && queueCapacityOf(own[0]))
    : undefined
  let stopped: Promise<void> | undefined
  const stop = async (timeoutMillis: number): Promise<void> => {
    tail.decideNow()
    for (const processor of own) void processor.shutdown({ timeoutMillis })
    // Our own keep to their time, and say themselves what was lost.
    await settledWithin(timeoutMillis + 100, 'sending the last spans', () => [sdk.shutdown()])
    sampling.close()
    stopDeparting()
    stopMetering?.()
    spanMetrics?.close()
    setRunningFlush(undefined)
    delete state.running
  }
  setRunningFlush(flush)
  return {
    sdk,
    setSampler: (sampler) => sampling.setSampler(sampler),
    explain: (traceId) => sampling.explain(traceId),
    ledger,
    flush,
    shutdown: ({ timeoutMillis = longestMillis } = {}) => (stopped ??= stop(timeoutMillis)),
  }
}

/** With OTEL_SDK_DISABLED=true: the same shape, and nothing behind it. */
function offHandle(): Tracing {
  return {
    sdk: new NodeSDK({ autoDetectResources: false, metricReaders: [] }),
    setSampler: () => undefined,
    explain: () => undefined,
    ledger: () => wholeLedger(noSamplingCounts(), undefined),
    flush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}
