import type { Attributes, DiagLogLevel, TextMapPropagator } from '@opentelemetry/api'
import type { ResourceDetector } from '@opentelemetry/resources'
import type { Sampler } from '@opentelemetry/sdk-trace'
import type { LogPipelineSettings } from '../export/logs/log-settings.js'
import type { MetricPipelineSettings } from '../export/metrics/metric-settings.js'
import type { PipelineSettings } from '../export/pipeline/span-processors.js'
import type { TracingOptions } from './options.js'

/**
 * The settings of one source of configuration: the environment, or a configuration file. Sources don't mix; options in code
 * override either. Undefined: not set, the default holds.
 */
export interface TracingSettings {
  readonly disabled: boolean
  readonly logLevel: DiagLogLevel
  /** Attributes of the resource beyond what the detectors find. */
  readonly resourceAttributes: Attributes
  readonly resourceDetectors: readonly ResourceDetector[]
  /** False: the source asks for no tracing at all, so no span is recorded, and incoming trace context is passed on as it is. */
  readonly tracesAreOn: boolean
  /** Where spans go; empty: nowhere. */
  readonly pipelines: readonly PipelineSettings[]
  readonly sampler: Sampler | undefined
  /** Empty: nothing is propagated. */
  readonly propagators: readonly TextMapPropagator[]
  /** Options by the names that they have in code. Those of `batch` are for whichever signal. */
  readonly options: TracingOptions
  /** Where log records go; empty: the app's logs are not sent. */
  readonly logPipelines: readonly LogPipelineSettings[]
  /** Where metrics go; empty: nowhere; undefined: not set. */
  readonly metricPipelines: readonly MetricPipelineSettings[] | undefined
  readonly enabledInstrumentations: readonly string[] | undefined
  readonly disabledInstrumentations: readonly string[]
}
