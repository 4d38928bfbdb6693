import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { OtlpProtocol } from '../pipeline/otlp-settings.js'

/** An ExportMetricsServiceRequest, by OpenTelemetry's own serializer, in memory of exactly its size. */
export function metricsRequest(metrics: ResourceMetrics, protocol: OtlpProtocol): Uint8Array<ArrayBuffer> {
  const serializer = protocol === 'http/json' ? JsonMetricsSerializer : ProtobufMetricsSerializer
  return new Uint8Array(serializer.serializeRequest(metrics) ?? new Uint8Array())
}
