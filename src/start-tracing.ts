import { diag } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import { configFileName, settingsFromConfigFile } from './config/config-file.js'
import { logLevelFromEnvironment, settingsFromEnvironment } from './config/environment.js'
import {
  checkOptions,
  optionsFrom,
  resolveOptions,
  type ResolvedOptions,
  type TracingOptions,
} from './config/options.js'
import {
  resolveLogRecordProcessors,
  resolveMetricPipelines,
  resolvePropagator,
  resolveResource,
  resolveSampler,
  resolveSpanMetrics,
  resolveSpanProcessors,
  resolveSpanValues,
} from './config/resolve.js'
import type { TracingSettings } from './config/settings.js'
import { instrumentationsTraceTo } from './instrumentation/install.js'
import { NOTHING_FLUSHED } from './export/pipeline/flush-result.js'
import { apiGlobals } from './internal/otel-api/api-version.js'
import { setDefaultTraceResponseHeaders } from './propagation/response-headers.js'
import { hasDiagLogger, logDiagnosticsToStderr, messageOf, warnOnce } from './internal/diagnostics/diagnostics.js'
import { doctorsReport, type DoctorsReport } from './internal/diagnostics/doctor.js'
import { TracingConfigError } from './internal/checks/validate.js'
import { setIgnoredRequests } from './internal/http/ignored-requests.js'
import { isHooksThread, isSupportedRuntime, logUnsupportedRuntime } from './internal/runtime/node.js'
import {
  claimProvider,
  flushOf,
  foreignProvider,
  warnOfOtherSdk,
  type RegisteredProvider,
} from './internal/otel-api/other-sdk.js'
import { setRunningFlush } from './internal/process-exit/running-flush.js'
import { watchOutgoingUrls } from './internal/http/outgoing-request.js'
import { Rollback } from './internal/runtime/rollback.js'
import { spanObservers } from './internal/processors/span-observers.js'
import { isApiOfOtherVersion, isApiTooOld, releaseApiGlobals, releaseApi } from './internal/otel-api/taken-api.js'
import { setDefaultLogFormat } from './logs/log-format.js'
import { baggageSpanProcessor } from './propagation/baggage-attributes.js'
import type { PropagationOptions } from './propagation/propagation-options.js'
import { EVERYWHERE } from './propagation/propagation-targets.js'
import { SamplingPipeline } from './sampling/runtime/pipeline.js'
import { isCollectingAlone } from './testing/collecting-provider.js'
import { codeLocationProcessor, unendedSpansProcessor } from './spans/span-debugging.js'
import { addExitHook } from './internal/process-exit/exit-hooks.js'
import { offHandle, runningHandle, state, type Tracing } from './tracing.js'
import { startSdk } from './node-sdk.js'
import { startInstrumentations } from './start-instrumentations.js'

/**
 * Starts tracing: boots OpenTelemetry's NodeSDK with the options, the file of OTEL_CONFIG_FILE, or `OTEL_*`, in that order.
 * A second call returns the first handle, as {@link getTracing} does; options of it have no effect, which is logged once.
 * With OTEL_SDK_DISABLED=true nothing is started.
 *
 * Whatever else keeps it from starting, such as a Node.js that is too old, is logged once: the app runs on without tracing,
 * and the handle has nothing behind it.
 *
 * @throws TracingConfigError when an option is wrong, and nothing else. Wrong environment variables are logged once.
 */
export function startTracing(options?: TracingOptions): Tracing {
  const report = doctorsReport()
  const rollback = new Rollback()
  try {
    const given = optionsFrom(options)
    checkOptions(given)
    report?.called(given, state.running !== undefined)
    if (!isSupportedRuntime()) {
      logUnsupportedRuntime()
      return offHandle()
    }
    if (state.running) {
      const unused = Object.keys(given).filter((name) => given[name as keyof TracingOptions] !== undefined)
      if (unused.length > 0) {
        warnOnce(
          'second start',
          `tracing is running already; the first handle is returned, and these options have no effect: ${unused.join(', ')}`,
        )
      }
      return state.running
    }
    state.running = boot(given, report, rollback)
    return state.running
  } catch (error) {
    rollback.run()
    report?.failed(error)
    if (error instanceof TracingConfigError) throw error
    warnOnce('start failed', `tracing could not start, the app is not traced: ${messageOf(error)}`)
    diag.debug('spanwright: why tracing could not start', error)
    return offHandle()
  }
}

/** @param rollback gets what is to be undone where a later step fails */
function boot(given: TracingOptions, report: DoctorsReport | undefined, rollback: Rollback): Tracing {
  if (isHooksThread()) return offHandle()
  setDefaultLogFormat(given.logFormat)
  rollback.add(() => setDefaultLogFormat(undefined))
  const apiWasInUse = apiGlobals() !== undefined
  const ownsDiagnostics = !hasDiagLogger()
  if (ownsDiagnostics) logDiagnosticsToStderr(logLevelFromEnvironment())
  const settings = readSettings()
  if (!settings || settings.disabled) {
    report?.off(settings ? 'disabled' : 'wrong file')
    return offHandle()
  }
  if (ownsDiagnostics) logDiagnosticsToStderr(settings.logLevel)
  if (isApiTooOld()) {
    report?.off('another API')
    return offHandle()
  }

  const options = resolveOptions(given, settings.options)
  const values = resolveSpanValues(options)
  const other = foreignProvider()
  if (other) {
    report?.off('another SDK')
    return handleOfForeignSdk(other, options)
  }
  if (apiWasInUse && isApiOfOtherVersion()) {
    report?.off('another API')
    return offHandle()
  }
  releaseApiGlobals(
    Boolean(options.spanMetrics) || (settings.metricPipelines ?? []).length > 0,
    settings.logPipelines.length > 0,
  )
  rollback.add(releaseApi)
  publishPropagationOptions(options)
  rollback.add(() => publishPropagationOptions(NO_BORDERS))
  setIgnoredRequests(options.ignorePaths, options.ignoreOutgoingHosts)
  startInstrumentations(options, settings)
  const spanMetrics = resolveSpanMetrics(options)
  rollback.add(() => spanMetrics?.close())
  const sampling = new SamplingPipeline(resolveSampler(options, settings), options.force, spanMetrics !== undefined)
  rollback.add(() => sampling.close())
  // Exit hooks run in reverse order: metrics, whose callbacks may end spans and log, then spans, then logs.
  const logs = resolveLogRecordProcessors(options, settings)
  rollback.add(() => Promise.all(logs.map((processor) => processor.shutdown())))
  const senders = resolveSpanProcessors(options, settings)
  rollback.add(() => Promise.all(senders.map((sender) => sender.shutdown())))
  const tail = sampling.wrap(spanMetrics?.exemplars ? [...senders, spanMetrics.exemplars] : senders)
  const metricPipelines = resolveMetricPipelines(options, settings, spanMetrics)
  rollback.add(() => Promise.all(metricPipelines.map(({ reader }) => reader.shutdown())))
  const { baggageAttributes, codeLocation, debugSpans, shutdownTimeoutMillis } = options
  const processors = [
    ...(baggageAttributes.length > 0 ? [baggageSpanProcessor(baggageAttributes)] : []),
    ...(codeLocation ? [codeLocationProcessor()] : []),
    ...(debugSpans ? [unendedSpansProcessor({ warnOnce, addExitHook })] : []),
    ...(spanMetrics ? [spanMetrics.processor] : []),
    tail,
    spanObservers(),
  ]
  const propagator = resolvePropagator(options, settings, sampling.propagator ? [sampling.propagator] : [])
  const sdk = startSdk(options, settings, { values, sampling, processors, propagator, logs, metricPipelines })
  rollback.add(() => sdk.shutdown())
  instrumentationsTraceTo(claimProvider())
  const parts = { sdk, sampling, tail, senders, logs, spanMetrics, metricPipelines }
  const tracing = runningHandle(parts, shutdownTimeoutMillis, () => delete state.running)
  const resource = (): Resource => resolveResource(options, settings, values)
  report?.on({
    options: given,
    settings,
    sampler: sampling.sampler,
    processors: senders,
    resource,
    ledger: () => tracing.ledger(),
  })
  return tracing
}

/** With a file, variables count only where the file refers to them. A wrong file leaves tracing off. */
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

type Borders = Pick<Required<PropagationOptions>, 'propagationTargets' | 'traceResponseHeaders'>

const NO_BORDERS: Borders = { propagationTargets: EVERYWHERE, traceResponseHeaders: [] }

/** For the parts that write headers outside of a propagator. */
function publishPropagationOptions({ propagationTargets, traceResponseHeaders }: Borders): void {
  watchOutgoingUrls(propagationTargets !== EVERYWHERE)
  setDefaultTraceResponseHeaders(traceResponseHeaders)
}

/** Where another SDK runs: its spans are not ours to count or to stop, but a flush reaches them. */
function handleOfForeignSdk(provider: RegisteredProvider, { shutdownTimeoutMillis }: ResolvedOptions): Tracing {
  // Beside a test that collects spans there is no other SDK.
  if (!isCollectingAlone()) warnOfOtherSdk(provider)
  const flush = flushOf(provider)
  setRunningFlush(flush)
  // What it has exported, only that SDK knows.
  return {
    ...offHandle(),
    flush: ({ timeoutMillis = shutdownTimeoutMillis } = {}) => flush({ timeoutMillis }).then(() => NOTHING_FLUSHED),
    async shutdown({ timeoutMillis = shutdownTimeoutMillis } = {}) {
      await flush({ timeoutMillis })
      setRunningFlush(undefined)
      delete state.running
      return NOTHING_FLUSHED
    },
  }
}
