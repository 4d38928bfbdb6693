import type {
  OtlpGrpcExporterConfigModel,
  OtlpGrpcMetricExporterConfigModel,
  OtlpHttpExporterConfigModel,
  OtlpHttpMetricExporterConfigModel,
} from '@opentelemetry/configuration'
import {
  DEFAULT_OTLP_TIMEOUT_MILLIS,
  defaultOtlpUrl,
  type OtlpConnection,
  type OtlpSettings,
} from '../../export/pipeline/otlp-settings.js'
import type { Signal } from '../../export/pipeline/signal.js'
import { timeout } from './model.js'

export type Configuration = typeof import('@opentelemetry/configuration')

/** The exporter of any signal, as the schema spells it. */
export interface OtlpExporterModel {
  readonly otlp_http?: OtlpHttpExporterConfigModel | OtlpHttpMetricExporterConfigModel
  readonly otlp_grpc?: OtlpGrpcExporterConfigModel | OtlpGrpcMetricExporterConfigModel
}

export const isOtlp = (kind: string): kind is keyof OtlpExporterModel => kind === 'otlp_http' || kind === 'otlp_grpc'

/** OTLP as a configuration file asks for it. */
export function otlpFromFile(
  model: OtlpExporterModel,
  kind: keyof OtlpExporterModel,
  signal: Signal,
  configuration: Configuration,
): OtlpSettings {
  const properties = model[kind] ?? {}
  const tls = properties.tls ?? {}
  const json = 'encoding' in properties && properties.encoding === 'json'
  const protocol = kind === 'otlp_grpc' ? 'grpc' : json ? 'http/json' : 'http/protobuf'
  const connection: OtlpConnection = {
    url: defaultOtlpUrl(protocol, signal),
    ...(properties.endpoint && { url: properties.endpoint }),
    headers: configuration.mergeHeadersConfig(properties.headers, properties.headers_list) ?? {},
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
