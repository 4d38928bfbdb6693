import { logs, metrics, trace, type TextMapPropagator } from '@opentelemetry/api'
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import type { ResolvedOptions } from './config/options.js'
import { resolveResource, tracesAreOn } from './config/resolve.js'
import type { TracingSettings } from './config/settings.js'
import { redactingLogProcessor } from './export/logs/redacting-log-processor.js'
import { redactingViews } from './export/metrics/redacting-views.js'
import type { MetricPipeline } from './export/metrics/periodic-reader.js'
import { conventionsForScope } from './internal/conventions/for-scope.js'
import { withoutEnv } from './internal/runtime/env.js'
import { withoutRefusalWarnings } from './internal/otel-api/refused-registrations.js'
import type { SamplingPipeline } from './sampling/runtime/pipeline.js'
import type { SpanValues } from './internal/privacy/span-values.js'
import { tracerProviderWith, type TracerProvider } from './tracer/tracer-provider.js'

/**
 * What has been resolved here, and what NodeSDK would otherwise read, and warn of, a second time: it has no option against it.
 * It would start logs over OTLP by itself, unless the variable is `none`.
 */
const RESOLVED = /^OTEL_(SDK_DISABLED|LOG_LEVEL|TRACES_SAMPLER(_ARG)?|SPAN_\w+_LIMIT)$/

interface SdkParts {
  readonly values: SpanValues
  readonly sampling: SamplingPipeline
  readonly processors: SpanProcessor[]
  readonly propagator: TextMapPropagator | null
  readonly logs: LogRecordProcessor[]
  readonly metricPipelines: readonly MetricPipeline[]
}

export function startSdk(options: ResolvedOptions, settings: TracingSettings, parts: SdkParts): NodeSDK {
  const start = (): NodeSDK => {
    const { values } = parts
    const resource = resolveResource(options, settings, values)
    // Late attributes count as pending until `waitForAsyncAttributes` is called.
    void resource.waitForAsyncAttributes?.()
    const metricReaders = parts.metricPipelines.map(({ reader }) => reader)
    const { spanLimits } = options
    const { sampler } = parts.sampling
    const spanProcessors = parts.processors
    const ownParts = { conventionsForScope, values }
    const provider = tracerProviderWith(ownParts, { resource, sampler, spanProcessors, spanLimits })
    const sdk = new NodeSdkWithProvider(provider, tracesAreOn(options, settings), {
      autoDetectResources: false,
      resource,
      metricReaders,
      ...(values.isRedacting && { views: redactingViews(values, metricReaders) }),
      ...(parts.logs.length > 0 && { logRecordProcessors: withRedaction(parts.logs, values) }),
      textMapPropagator: parts.propagator,
    })
    sdk.start()
    return sdk
  }
  return withoutEnv(RESOLVED, () => withoutRefusalWarnings(start), {
    OTEL_LOGS_EXPORTER: 'none',
  })
}

function withRedaction(processors: LogRecordProcessor[], values: SpanValues): LogRecordProcessor[] {
  return values.isRedacting ? [redactingLogProcessor(values), ...processors] : processors
}

/** For a handle with nothing behind it: starts nothing. */
export function idleNodeSdk(): NodeSDK {
  return new NodeSDK({ autoDetectResources: false, metricReaders: [] })
}

/**
 * NodeSDK takes no tracer provider, only what to make its own of. This one starts and stops the one that it is given.
 */
class NodeSdkWithProvider extends NodeSDK {
  readonly #provider: TracerProvider
  readonly #isTraced: boolean
  #ownsMetrics = false
  #ownsLogs = false

  /** @param isTraced false: the API keeps its own provider, whose spans record nothing and pass on the context that came in */
  constructor(provider: TracerProvider, isTraced: boolean, configuration: Partial<NodeSDKConfiguration>) {
    super({ ...configuration, spanProcessors: [] })
    this.#provider = provider
    this.#isTraced = isTraced
  }

  override start(): void {
    const [meters, loggers] = [metrics.getMeterProvider(), logs.getLoggerProvider()]
    super.start()
    this.#ownsMetrics = metrics.getMeterProvider() !== meters
    this.#ownsLogs = logs.getLoggerProvider() !== loggers
    if (this.#isTraced) trace.setGlobalTracerProvider(this.#provider)
  }

  override async shutdown(): Promise<void> {
    const stopped = Promise.all([this.#provider.shutdown(), super.shutdown()])
    // A provider that was shut down logs a warning for each meter that is asked for.
    if (this.#ownsMetrics) metrics.disable()
    if (this.#ownsLogs) logs.disable()
    await stopped
  }
}
