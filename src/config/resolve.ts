import type { TextMapPropagator } from '@opentelemetry/api'
import { defaultResource, detectResources, resourceFromAttributes, type Resource } from '@opentelemetry/resources'
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import type { Sampler, SpanProcessor } from '@opentelemetry/sdk-trace'
import { ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions'
import { basename } from 'node:path'
import type { MetricPipeline } from '../export/metrics/periodic-reader.js'
import { metricPipelines } from '../export/metrics/metric-readers.js'
import { metricPipelinesFromEnvironment } from '../export/metrics/metric-settings.js'
import { logRecordProcessors } from '../export/logs/batch-log-record-processor.js'
import { otlpFromEnvironment } from '../export/pipeline/otlp-settings.js'
import {
  deliveryOf,
  resolveBatchOptions,
  type BatchOptions,
  type ResolvedBatchOptions,
} from '../export/pipeline/batch-options.js'
import { settledBatchSpanProcessor } from '../export/pipeline/batch-span-processor.js'
import { openPipeline, type PipelineSettings } from '../export/pipeline/span-processors.js'
import { scopesWithOwnQueries } from '../instrumentation/own-queries.js'
import { warnOnce } from '../internal/diagnostics/diagnostics.js'
import { redactionOf } from '../internal/privacy/redact-option.js'
import { SpanValues } from '../internal/privacy/span-values.js'
import { createSpanMetrics, type SpanMetrics } from '../metrics/span-metrics.js'
import { propagatorByName } from '../propagation/by-name.js'
import { firstValidPropagator } from '../propagation/composite.js'
import { EVERYWHERE, withPropagationTargets } from '../propagation/propagation-targets.js'
import { withTrustIncoming } from '../propagation/trust-incoming.js'
import { samplerFromName } from '../sampling/names/registry.js'
import { appPackage } from './app-package.js'
import type { ResolvedOptions, TracingOptions } from './options.js'
import { detectorWithoutSecrets, withFoundAttributes } from './resource/settled-resource.js'
import { serviceInstanceId } from './service-instance-id.js'
import type { TracingSettings } from './settings.js'

// Each function here resolves one part of tracing: option in code, then environment or configuration file, then default.

/** Options that say where spans go turn tracing on, also where a configuration file has no `tracer_provider`. */
export function tracesAreOn(options: TracingOptions, settings: TracingSettings): boolean {
  return settings.tracesAreOn || Boolean(options.traceExporter ?? options.spanProcessors ?? options.spanMetrics)
}

export function resolveSampler(options: TracingOptions, settings: TracingSettings): Sampler {
  return options.sampler ?? settings.sampler ?? samplerFromName('parentbased_always_on', {})
}

/** Specification: `unknown_service:` and the executable's name. OpenTelemetry JS has its whole path there. */
const UNKNOWN_SERVICE = `unknown_service:${basename(process.execPath, '.exe')}`

export function resolveResource(options: TracingOptions, settings: TracingSettings, values: SpanValues): Resource {
  const { serviceName, serviceVersion, environment } = options
  const detectors = settings.resourceDetectors.map((detector) => detectorWithoutSecrets(detector, values))
  const said = detectResources({ detectors })
    .merge(resourceFromAttributes(values.attributes(settings.resourceAttributes)))
    .merge(
      resourceFromAttributes(
        values.attributes({
          ...options.resourceAttributes,
          ...(serviceName !== undefined && { [ATTR_SERVICE_NAME]: serviceName }),
          ...(serviceVersion !== undefined && { [ATTR_SERVICE_VERSION]: serviceVersion }),
          ...(environment !== undefined && { 'deployment.environment.name': environment }),
        }),
      ),
    )
  return withFoundAttributes(defaultResource().merge(unnamedService(said)).merge(said))
}

/** Defaults: an id of this process; and where no name is set, name and version of the app's package.json. */
function unnamedService(said: Resource): Resource {
  const isNamed = said.getRawAttributes().some(([name]) => name === ATTR_SERVICE_NAME)
  const app = isNamed ? undefined : appPackage()
  return resourceFromAttributes({
    'service.instance.id': serviceInstanceId(),
    [ATTR_SERVICE_NAME]: app?.name ?? UNKNOWN_SERVICE,
    ...(app?.version !== undefined && { [ATTR_SERVICE_VERSION]: app.version }),
  })
}

/** Null: nothing is propagated. */
export function resolvePropagator(
  options: ResolvedOptions,
  settings: TracingSettings,
  more: readonly TextMapPropagator[],
): TextMapPropagator | null {
  const { propagationTargets, trustIncoming } = options
  const propagators = options.propagators
    ? options.propagators.flatMap((given) => (typeof given === 'string' ? (propagatorByName(given) ?? []) : given))
    : [...settings.propagators]
  if (propagators.length + more.length === 0) return null
  let propagator = withTrustIncoming(firstValidPropagator(propagators), trustIncoming)
  if (propagationTargets !== EVERYWHERE) propagator = withPropagationTargets(propagator, propagationTargets)
  return more.length === 0 ? propagator : firstValidPropagator([propagator, ...more])
}

export function resolveSpanProcessors(options: ResolvedOptions, settings: TracingSettings): SpanProcessor[] {
  return (options.spanProcessors ?? ['auto']).flatMap((given) =>
    given === 'auto' ? autoProcessors(options, settings) : given,
  )
}

function autoProcessors(options: ResolvedOptions, { pipelines }: TracingSettings): SpanProcessor[] {
  const { traceExporter, batch, shutdownTimeoutMillis } = options
  if (typeof traceExporter === 'object') {
    const batching = batchingOf(pipelines[0]?.batch ?? {}, batch)
    return [settledBatchSpanProcessor(traceExporter, batching, shutdownTimeoutMillis)]
  }
  const opened = chosenPipelines(traceExporter, pipelines).map((pipeline) =>
    openPipeline(pipeline.exporter, batchingOf(pipeline.batch, batch), shutdownTimeoutMillis),
  )
  // The ledger follows the first one: a pipeline that can send comes before one that cannot.
  return opened.toSorted((a, b) => Number(b.isUsable) - Number(a.isUsable)).map(({ processor }) => processor)
}

/** `none`: each span by itself, unless code has the option `batch`. */
function batchingOf(configured: BatchOptions | 'none', batch: BatchOptions | undefined): ResolvedBatchOptions {
  if (configured === 'none') return resolveBatchOptions(batch ?? { maxExportBatchSize: 1 }, {})
  return resolveBatchOptions(batch ?? {}, configured)
}

/** The exporter that code names, with the settings that configuration has for it. */
function chosenPipelines(
  name: 'otlp' | 'console' | 'none' | undefined,
  configured: readonly PipelineSettings[],
): readonly PipelineSettings[] {
  if (name === undefined) return configured
  if (name === 'none') return []
  const same = configured.filter(({ exporter }) => exporter.kind === name)
  if (same.length > 0) return same
  return [{ exporter: name === 'otlp' ? otlpFromEnvironment() : { kind: name }, batch: {} }]
}

/** @returns none where logs are not sent */
export function resolveLogRecordProcessors(options: ResolvedOptions, settings: TracingSettings): LogRecordProcessor[] {
  const { batch, shutdownTimeoutMillis } = options
  if (settings.logPipelines.length === 0) return []
  const delivery = resolveBatchOptions(batch ?? {}, settings.options.batch ?? {})
  return logRecordProcessors(settings.logPipelines, delivery, shutdownTimeoutMillis)
}

export function resolveSpanMetrics({ spanMetrics = false }: TracingOptions): SpanMetrics | undefined {
  if (spanMetrics === false) return undefined
  return createSpanMetrics(spanMetrics === true ? {} : spanMetrics)
}

/**
 * The readers through which the app's metrics go out, and span metrics with them: those that were asked for; for span metrics
 * OTLP where they have no registry.
 */
export function resolveMetricPipelines(
  options: ResolvedOptions,
  settings: TracingSettings,
  spanMetrics: SpanMetrics | undefined,
): MetricPipeline[] {
  const { batch, shutdownTimeoutMillis } = options
  const isInRegistry = typeof options.spanMetrics === 'object' && options.spanMetrics.registry !== undefined
  const asDefault = spanMetrics && !isInRegistry ? ['otlp'] : ['none']
  const pipelines = settings.metricPipelines ?? metricPipelinesFromEnvironment(asDefault) ?? []
  if (spanMetrics && !isInRegistry && pipelines.length === 0)
    warnOnce('span metrics', 'OTEL_METRICS_EXPORTER is none, and spanMetrics has no registry: the metrics are not sent')
  if (pipelines.length === 0) return []
  const delivery = deliveryOf('metrics', resolveBatchOptions(batch ?? {}, settings.options.batch ?? {}))
  return metricPipelines(pipelines, { delivery, shutdownTimeoutMillis, producer: spanMetrics?.producer, isInRegistry })
}

/** What keeps secrets out of spans, and out of what else is sent. */
export function resolveSpanValues(options: ResolvedOptions): SpanValues {
  const { querySanitization, redact } = options
  return new SpanValues({
    sanitizesQueries: querySanitization,
    redaction: redactionOf(redact),
    scopesWithOwnQueries: scopesWithOwnQueries(options.instrumentationConfig),
  })
}
