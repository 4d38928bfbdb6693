import { DiagLogLevel, type Attributes, type TextMapPropagator } from '@opentelemetry/api'
import type { ConfigurationModel, SpanProcessorConfigModel } from '@opentelemetry/configuration'
import type { ResourceDetector } from '@opentelemetry/resources'
import type { SpanLimits } from '@opentelemetry/sdk-trace'
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions'
import type { OtlpConnection } from '../export/otlp-settings.js'
import { configuredBatchOptions, type BatchOptions } from '../export/batch-options.js'
import type { ExporterSettings, PipelineSettings } from '../export/span-processors.js'
import { readEnv } from '../internal/env.js'
import { warnOnce } from '../internal/diagnostics.js'
import { requireOwn } from '../internal/require.js'
import { PROPAGATOR_NAMES, propagatorByName } from '../propagation/by-name.js'
import { samplerFromConfig } from '../sampling/from-config.js'
import { detectorsByName } from './resource-detectors.js'
import type { TracingSettings } from './settings.js'

type Nullable<T> = T | null | undefined
type Configuration = typeof import('@opentelemetry/configuration')

/** The file that OTEL_CONFIG_FILE names, or undefined. */
export const configFileName = (): string | undefined => readEnv('OTEL_CONFIG_FILE')

/**
 * Reads the declarative configuration of the OpenTelemetry specification (file_format 1.x, YAML or JSON, with `${ENV}`
 * substitution). OpenTelemetry's own package parses and validates it. Throws an Error that says what is wrong with the
 * file; nothing of a wrong file is used.
 */
export function settingsFromConfigFile(): TracingSettings {
  const configuration = requireOwn('@opentelemetry/configuration') as Configuration
  const model = configuration.createConfigFactory().getConfigModel()
  warnOfOtherSignals(model)
  const attributes = resourceAttributes(model, configuration)
  const serviceName = attributes[ATTR_SERVICE_NAME]
  return {
    disabled: model.disabled ?? false,
    logLevel: logLevel(model.log_level),
    resourceAttributes: attributes,
    resourceDetectors: resourceDetectors(model),
    pipelines: (model.tracer_provider?.processors ?? []).map((processor) => pipeline(processor, configuration)),
    sampler: samplerFromConfig(
      model.tracer_provider?.sampler,
      typeof serviceName === 'string' ? serviceName : undefined,
    ),
    propagators: propagators(model, configuration),
    propagation: {},
    httpRequests: {},
    spanLimits: spanLimits(model),
    metricPipelines: undefined,
    delivery: {},
    logPipelines: [],
    enabledInstrumentations: undefined,
    disabledInstrumentations: [],
  }
}

function warnOfOtherSignals(model: ConfigurationModel): void {
  const unused = (['meter_provider', 'logger_provider'] as const).filter((name) => model[name])
  if (unused.length === 0) return
  warnOnce(
    'config file signals',
    `OTEL_CONFIG_FILE: ${unused.join(' and ')} is left out, only traces are set up from a file`,
  )
}

/** The schema has severities as names; below "info" they are what OpenTelemetry JS calls DEBUG, VERBOSE and ALL. */
function logLevel(severity: Nullable<string>): DiagLogLevel {
  if (!severity) return DiagLogLevel.WARN
  if (severity === 'trace') return DiagLogLevel.ALL
  const name = severity.replace(/\d$/, '').toUpperCase()
  if (name === 'FATAL') return DiagLogLevel.NONE
  if (name === 'TRACE') return DiagLogLevel.VERBOSE
  return DiagLogLevel[name as 'ERROR' | 'WARN' | 'INFO' | 'DEBUG']
}

function resourceAttributes({ resource }: ConfigurationModel, configuration: Configuration): Attributes {
  const merged = configuration.mergeResourceAttributesConfig(
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

function pipeline(processor: SpanProcessorConfigModel, configuration: Configuration): PipelineSettings {
  const kind = onlyKey(processor, 'span processor')
  if (processor.simple) return { exporter: exporter(processor.simple.exporter, configuration), batch: 'none' }
  if (!processor.batch) return fail(`there is no span processor "${kind}"`)
  const { max_queue_size, max_export_batch_size, schedule_delay, export_timeout } = processor.batch
  const batch: BatchOptions = {
    ...(max_queue_size != null && { maxQueueSize: max_queue_size }),
    ...(max_export_batch_size != null && { maxExportBatchSize: max_export_batch_size }),
    ...(schedule_delay != null && { scheduledDelayMillis: schedule_delay }),
    ...(export_timeout != null && { exportTimeoutMillis: timeout(export_timeout, 'export_timeout') }),
  }
  return {
    exporter: exporter(processor.batch.exporter, configuration),
    batch: configuredBatchOptions('OTEL_CONFIG_FILE', batch),
  }
}

function exporter(
  model: import('@opentelemetry/configuration').SpanExporterConfigModel,
  configuration: Configuration,
): ExporterSettings {
  const kind = onlyKey(model, 'span exporter')
  if (kind === 'console') return { kind: 'console' }
  if (kind !== 'otlp_http' && kind !== 'otlp_grpc') return fail(`there is no span exporter "${kind}"`)
  const properties = model[kind] ?? {}
  const tls = properties.tls ?? {}
  const connection: OtlpConnection = {
    headers: configuration.mergeHeadersConfig(properties.headers, properties.headers_list) ?? {},
    compression: properties.compression === 'gzip' ? 'gzip' : 'none',
    tls: {
      ...(tls.ca_file && { caFile: tls.ca_file }),
      ...(tls.cert_file && { certFile: tls.cert_file }),
      ...(tls.key_file && { keyFile: tls.key_file }),
    },
    insecure: 'insecure' in tls && tls.insecure === true,
    ...(properties.endpoint && { url: properties.endpoint }),
    ...(properties.timeout != null && { timeoutMillis: timeout(properties.timeout, `${kind}.timeout`) }),
  }
  const json = 'encoding' in properties && properties.encoding === 'json'
  const protocol = kind === 'otlp_grpc' ? 'grpc' : json ? 'http/json' : 'http/protobuf'
  return { kind: 'otlp', protocol, connection }
}

/** In the schema 0 means "no limit", which OpenTelemetry JS cannot do. */
function timeout(millis: number, name: string): number {
  return millis > 0 ? millis : fail(`${name} must be greater than 0, got ${millis}`)
}

function propagators({ propagator }: ConfigurationModel, configuration: Configuration): readonly TextMapPropagator[] {
  const composite = configuration.mergePropagatorCompositeConfig(
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
  const limits = tracer_provider?.limits
  return {
    attributeCountLimit: limits?.attribute_count_limit ?? attribute_limits?.attribute_count_limit ?? 128,
    attributeValueLengthLimit:
      limits?.attribute_value_length_limit ?? attribute_limits?.attribute_value_length_limit ?? Infinity,
    eventCountLimit: limits?.event_count_limit ?? 128,
    linkCountLimit: limits?.link_count_limit ?? 128,
    attributePerEventCountLimit: limits?.event_attribute_count_limit ?? 128,
    attributePerLinkCountLimit: limits?.link_attribute_count_limit ?? 128,
  }
}

/** The schema writes a choice as an object with one key. */
function onlyKey(choice: object, what: string): string {
  const [key, ...more] = Object.entries(choice).flatMap(([name, value]) => (value === undefined ? [] : name))
  return key !== undefined && more.length === 0 ? key : fail(`a ${what} must have exactly one key`)
}

function fail(message: string): never {
  throw new Error(message)
}
