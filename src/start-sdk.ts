import type { TextMapPropagator } from '@opentelemetry/api'
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import type { NodeSDK } from '@opentelemetry/sdk-node'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import type { ResolvedOptions } from './config/options.js'
import { resolveResource, tracesAreOn } from './config/resolve.js'
import type { TracingSettings } from './config/settings.js'
import type { MetricPipeline } from './export/metrics/metric-pipeline.js'
import { withoutEnv } from './internal/runtime/env.js'
import { withoutRefusalWarnings } from './internal/otel-api/refused-registrations.js'
import { nodeSdkWith } from './node-sdk.js'
import type { SamplingPipeline } from './sampling/runtime/pipeline.js'
import { TracerProvider } from './tracer/tracer-provider.js'

/**
 * What has been resolved here, and what NodeSDK would otherwise read, and warn of, a second time: it has no option against it.
 * It would start logs over OTLP by itself, unless the variable says `none`.
 */
const RESOLVED = /^OTEL_(SDK_DISABLED|LOG_LEVEL|TRACES_SAMPLER(_ARG)?|SPAN_\w+_LIMIT)$/

interface SdkParts {
  readonly sampling: SamplingPipeline
  readonly processors: SpanProcessor[]
  readonly propagator: TextMapPropagator | null
  readonly logs: LogRecordProcessor[]
  readonly metricPipelines: readonly MetricPipeline[]
}

export function startSdk(options: ResolvedOptions, settings: TracingSettings, parts: SdkParts): NodeSDK {
  const start = (): NodeSDK => {
    const resource = resolveResource(options, settings)
    // Until somebody waits for them, late attributes count as pending even when they are there.
    void resource.waitForAsyncAttributes?.()
    const { spanLimits } = options
    const { sampler } = parts.sampling
    const provider = new TracerProvider({ resource, sampler, spanProcessors: parts.processors, spanLimits })
    const sdk = nodeSdkWith(provider, tracesAreOn(options, settings), {
      autoDetectResources: false,
      resource,
      metricReaders: parts.metricPipelines.map(({ reader }) => reader),
      ...(parts.logs.length > 0 && { logRecordProcessors: parts.logs }),
      textMapPropagator: parts.propagator,
    })
    sdk.start()
    return sdk
  }
  return withoutEnv(RESOLVED, () => withoutRefusalWarnings(start), {
    OTEL_LOGS_EXPORTER: 'none',
  })
}
