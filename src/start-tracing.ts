import { context, logs, metrics, propagation, trace } from '@opentelemetry/api'
import { registerInstrumentations, type Instrumentation } from '@opentelemetry/instrumentation'
import { NodeSDK } from '@opentelemetry/sdk-node'
import type { Sampler, SpanProcessor } from '@opentelemetry/sdk-trace'
import { configFileName, settingsFromConfigFile } from './config/config-file.js'
import { logLevelFromEnvironment, settingsFromEnvironment } from './config/environment.js'
import { checkOptions, DEFAULTS, optionsFrom, type TracingOptions } from './config/options.js'
import { resolvePropagator, resolveResource, resolveSampler, resolveSpanProcessors } from './config/resolve.js'
import type { TracingSettings } from './config/settings.js'
import { flushBeforeLeaving, settledWithin } from './export/leaving.js'
import { installInstrumentations } from './instrumentation/install.js'
import { hasDiagLogger, logDiagnosticsToStderr, messageOf, warnOnce } from './internal/diagnostics.js'
import { readEnv, withoutEnv } from './internal/env.js'
import { processWide } from './internal/process-wide.js'
import { spanObservers } from './internal/span-observers.js'
import type { SamplingDecisionRecord } from './sampling/decision-log.js'
import { samplingStage, type SamplingStage } from './sampling/stage.js'

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
  const ownsDiagnostics = !hasDiagLogger()
  if (ownsDiagnostics) logDiagnosticsToStderr(logLevelFromEnvironment())
  const settings = readSettings()
  if (!settings || settings.disabled) return offHandle()
  if (ownsDiagnostics) logDiagnosticsToStderr(settings.logLevel)

  if (state.hasRun) releaseApi()
  state.hasRun = true
  startInstrumentations(options, settings)
  const sampling = samplingStage(resolveSampler(options, settings), options.force)
  const processors = [sampling.inFrontOf(resolveSpanProcessors(options, settings)), spanObservers()]
  const sdk = startSdk(options, settings, sampling, processors)
  return runningHandle(sdk, sampling, processors, options.shutdownTimeoutMillis ?? DEFAULTS.shutdownTimeoutMillis)
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
): NodeSDK {
  const start = (): NodeSDK => {
    const sdk = new NodeSDK({
      autoDetectResources: false,
      resource: resolveResource(options, settings),
      sampler,
      spanProcessors,
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

function runningHandle(
  sdk: NodeSDK,
  sampling: SamplingStage,
  processors: readonly SpanProcessor[],
  longestMillis: number,
): Tracing {
  const flush: Tracing['flush'] = ({ timeoutMillis = longestMillis } = {}) =>
    settledWithin(timeoutMillis, 'sending spans', () => processors.map((processor) => processor.forceFlush()))
  const stopListening = flushBeforeLeaving(flush)
  let stopped: Promise<void> | undefined
  const stop = async (timeoutMillis: number): Promise<void> => {
    await settledWithin(timeoutMillis, 'sending the last spans', () => [sdk.shutdown()])
    sampling.close()
    stopListening()
    delete state.running
  }
  return {
    sdk,
    setSampler: (sampler) => sampling.setSampler(sampler),
    explain: (traceId) => sampling.explain(traceId),
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
    flush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}
