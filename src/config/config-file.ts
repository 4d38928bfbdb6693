import { DiagLogLevel, type Attributes, type TextMapPropagator } from '@opentelemetry/api'
import type {
  ConfigurationModel,
  SpanExporterConfigModel,
  SpanProcessorConfigModel,
} from '@opentelemetry/configuration'
import type { ResourceDetector } from '@opentelemetry/resources'
import type { SpanLimits } from '@opentelemetry/sdk-trace'
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions'
import type { ExporterSettings, PipelineSettings } from '../export/pipeline/span-processors.js'
import { fromFile } from '../internal/checks/option-table.js'
import { readEnv } from '../internal/runtime/env.js'
import { PROPAGATOR_NAMES, propagatorByName } from '../propagation/by-name.js'
import { samplerFromConfig } from '../sampling/names/config-file.js'
import { SPAN_LIMITS } from '../tracer/span-limits.js'
import { logPipelinesFromFile } from './file/log-pipelines.js'
import { metricPipelinesFromFile } from './file/metric-pipelines.js'
import { batchFromFile, configurationPackage, fail, isOtlp, onlyKey, otlpFromFile, Unsupported } from './file/model.js'
import { detectorsByName } from './resource/resource-detectors.js'
import type { TracingSettings } from './settings.js'

type Nullable<T> = T | null | undefined

/** The file that OTEL_CONFIG_FILE names, or undefined. */
export const configFileName = (): string | undefined => readEnv('OTEL_CONFIG_FILE')

/**
 * Reads the declarative configuration of the OpenTelemetry specification (file_format 1.x, YAML or JSON, with `${ENV}`
 * substitution). OpenTelemetry's own package parses and validates it. Throws an Error with the reason where something is wrong with the
 * file; nothing of a wrong file is used.
 */
export function settingsFromConfigFile(): TracingSettings {
  const model = configurationPackage().createConfigFactory().getConfigModel()
  const unsupported = new Unsupported()
  addOtherKeys(model, unsupported)
  const attributes = resourceAttributes(model)
  const serviceName = attributes[ATTR_SERVICE_NAME]
  const settings: TracingSettings = {
    disabled: model.disabled ?? false,
    logLevel: logLevel(model.log_level),
    resourceAttributes: attributes,
    resourceDetectors: resourceDetectors(model),
    tracesAreOn: model.tracer_provider != null,
    pipelines: (model.tracer_provider?.processors ?? []).map((processor) => pipeline(processor)),
    sampler: samplerFromConfig(
      model.tracer_provider?.sampler,
      typeof serviceName === 'string' ? serviceName : undefined,
    ),
    propagators: propagators(model),
    options: { spanLimits: spanLimits(model) },
    logPipelines: logPipelinesFromFile(model.logger_provider, unsupported),
    metricPipelines: metricPipelinesFromFile(model.meter_provider, unsupported),
    enabledInstrumentations: undefined,
    disabledInstrumentations: [],
  }
  unsupported.log()
  return settings
}

/** Those that are not read below. The readers of logs and metrics name their own. */
function addOtherKeys(model: ConfigurationModel, unsupported: Unsupported): void {
  unsupported.addKeysOf(model, '', KNOWN_KEYS)
  unsupported.addKeysOf(model.tracer_provider, 'tracer_provider', ['processors', 'limits', 'sampler'])
}

const KNOWN_KEYS: readonly string[] = [
  'file_format',
  'disabled',
  'log_level',
  'resource',
  'attribute_limits',
  'propagator',
  'tracer_provider',
  'logger_provider',
  'meter_provider',
]

/** The schema has severities as names; below "info" they are what OpenTelemetry JS calls DEBUG, VERBOSE and ALL. */
function logLevel(severity: Nullable<string>): DiagLogLevel {
  if (!severity) return DiagLogLevel.WARN
  if (severity === 'trace') return DiagLogLevel.ALL
  const name = severity.replace(/\d$/, '').toUpperCase()
  if (name === 'FATAL') return DiagLogLevel.NONE
  if (name === 'TRACE') return DiagLogLevel.VERBOSE
  return DiagLogLevel[name as 'ERROR' | 'WARN' | 'INFO' | 'DEBUG']
}

function resourceAttributes({ resource }: ConfigurationModel): Attributes {
  const merged = configurationPackage().mergeResourceAttributesConfig(
    resource?.attributes,
    resource?.attributes_list ?? undefined,
  )
  const given = (merged ?? []).flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]))
  return Object.fromEntries(given)
}

/** Names of the schema's detectors, and which of ours answer to them. */
const SCHEMA_DETECTORS: Readonly<Record<string, readonly string[]>> = {
  container: ['container'],
  host: ['host', 'os'],
  process: ['process'],
  service: ['serviceinstance'],
}

function resourceDetectors({ resource }: ConfigurationModel): readonly ResourceDetector[] {
  const listed = resource?.['detection/development']?.detectors ?? []
  const names = listed.flatMap((detector) => {
    const name = onlyKey(detector, 'resource detector')
    return SCHEMA_DETECTORS[name] ?? fail(`there is no resource detector "${name}"`)
  })
  return detectorsByName(names, () => undefined)
}

function pipeline(processor: SpanProcessorConfigModel): PipelineSettings {
  const kind = onlyKey(processor, 'span processor')
  if (processor.simple) return { exporter: exporter(processor.simple.exporter), batch: 'none' }
  if (!processor.batch) return fail(`there is no span processor "${kind}"`)
  return {
    exporter: exporter(processor.batch.exporter),
    batch: batchFromFile(processor.batch, 'tracer_provider'),
  }
}

function exporter(model: SpanExporterConfigModel): ExporterSettings {
  const kind = onlyKey(model, 'span exporter')
  if (kind === 'console') return { kind }
  return isOtlp(kind) ? otlpFromFile(model, kind, 'traces') : fail(`there is no span exporter "${kind}"`)
}

function propagators({ propagator }: ConfigurationModel): readonly TextMapPropagator[] {
  const composite = configurationPackage().mergePropagatorCompositeConfig(
    propagator?.composite,
    propagator?.composite_list ?? undefined,
  )
  const names = (composite ?? []).map((entry) => onlyKey(entry, 'propagator'))
  if (names.includes('none')) return []
  return names.map(
    (name) => propagatorByName(name) ?? fail(`there is no propagator "${name}", only ${PROPAGATOR_NAMES.join(', ')}`),
  )
}

function spanLimits({ tracer_provider, attribute_limits }: ConfigurationModel): SpanLimits {
  return {
    ...fromFile(SPAN_LIMITS, attribute_limits, 'attribute_limits'),
    ...fromFile(SPAN_LIMITS, tracer_provider?.limits, 'tracer_provider.limits'),
  }
}
