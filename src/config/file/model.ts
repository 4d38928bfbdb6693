import type {
  BatchLogRecordProcessorConfigModel,
  BatchSpanProcessorConfigModel,
  OtlpGrpcExporterConfigModel,
  OtlpGrpcMetricExporterConfigModel,
  OtlpHttpExporterConfigModel,
  OtlpHttpMetricExporterConfigModel,
} from '@opentelemetry/configuration'
import { BATCH_OPTIONS, type BatchOptions } from '../../export/pipeline/batch-options.js'
import {
  DEFAULT_OTLP_TIMEOUT_MILLIS,
  defaultOtlpUrl,
  type OtlpConnection,
  type OtlpSettings,
} from '../../export/pipeline/otlp-settings.js'
import type { Signal } from '../../export/pipeline/signal.js'
import { fromFile } from '../../internal/checks/option-table.js'
import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { requirePackage } from '../../internal/runtime/own-package.js'

// What the parts of the schema have in common.

/** Loaded where there is a file. */
export function configurationPackage(): typeof import('@opentelemetry/configuration') {
  return requirePackage('@opentelemetry/configuration') as typeof import('@opentelemetry/configuration')
}

/** The schema writes a choice as an object with one key. */
export function onlyKey(choice: object, what: string): string {
  const [key, ...more] = Object.entries(choice).flatMap(([name, value]) => (value === undefined ? [] : name))
  return key !== undefined && more.length === 0 ? key : fail(`a ${what} must have exactly one key`)
}

/** In the schema 0 means "no limit", which OpenTelemetry JS cannot do. */
export function timeout(millis: number, name: string): number {
  return millis > 0 ? millis : fail(`${name} must be greater than 0, got ${millis}`)
}

export function fail(message: string): never {
  throw new Error(message)
}

/** The batching of spans or of log records; the schema spells both alike. */
export function batchFromFile(
  model: BatchSpanProcessorConfigModel | BatchLogRecordProcessorConfigModel,
  provider: 'tracer_provider' | 'logger_provider',
): BatchOptions {
  if (model.export_timeout != null) timeout(model.export_timeout, 'export_timeout')
  return fromFile(BATCH_OPTIONS, model, provider)
}

/** The exporter of any signal, as the schema spells it. */
export interface OtlpExporterModel {
  readonly otlp_http?: OtlpHttpExporterConfigModel | OtlpHttpMetricExporterConfigModel
  readonly otlp_grpc?: OtlpGrpcExporterConfigModel | OtlpGrpcMetricExporterConfigModel
}

export const isOtlp = (kind: string): kind is keyof OtlpExporterModel => kind === 'otlp_http' || kind === 'otlp_grpc'

/** OTLP as a configuration file asks for it. */
export function otlpFromFile(model: OtlpExporterModel, kind: keyof OtlpExporterModel, signal: Signal): OtlpSettings {
  const properties = model[kind] ?? {}
  const tls = properties.tls ?? {}
  const json = 'encoding' in properties && properties.encoding === 'json'
  const protocol = kind === 'otlp_grpc' ? 'grpc' : json ? 'http/json' : 'http/protobuf'
  const connection: OtlpConnection = {
    url: defaultOtlpUrl(protocol, signal),
    ...(properties.endpoint && { url: properties.endpoint }),
    headers: configurationPackage().mergeHeadersConfig(properties.headers, properties.headers_list) ?? {},
    compression: properties.compression === 'gzip' ? 'gzip' : 'none',
    tls: {
      ...(tls.ca_file && { caFile: tls.ca_file }),
      ...(tls.cert_file && { certFile: tls.cert_file }),
      ...(tls.key_file && { keyFile: tls.key_file }),
    },
    insecure: 'insecure' in tls && tls.insecure === true,
    timeoutMillis:
      properties.timeout == null ? DEFAULT_OTLP_TIMEOUT_MILLIS : timeout(properties.timeout, `${kind}.timeout`),
  }
  return { kind: 'otlp', signal, protocol, connection }
}

/** Paths in a configuration file that are not supported. */
export class Unsupported {
  readonly #paths: string[] = []

  add(path: string): void {
    this.#paths.push(path)
  }

  /** The keys of an object that are not supported. */
  addKeysOf(object: object | null | undefined, path: string, supported: readonly string[]): void {
    for (const [key, value] of Object.entries(object ?? {})) {
      if (value !== undefined && !supported.includes(key)) this.add(path === '' ? key : `${path}.${key}`)
    }
  }

  /** Once, all of them in one line. */
  log(): void {
    if (this.#paths.length === 0) return
    warnOnce('config file left out', `OTEL_CONFIG_FILE: left out, since not supported: ${this.#paths.join(', ')}`)
  }
}
