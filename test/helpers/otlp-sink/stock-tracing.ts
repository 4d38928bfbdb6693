import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace'
import type { OtlpProtocol, OtlpSink } from '../otlp-sink.js'

const EXPORTERS: Readonly<Record<OtlpProtocol, new (config: { url: string; timeoutMillis: number }) => SpanExporter>> =
  {
    grpc: GrpcExporter,
    'http/json': JsonExporter,
    'http/protobuf': ProtobufExporter,
  }

export const PROTOCOLS: readonly OtlpProtocol[] = ['grpc', 'http/protobuf', 'http/json']

/** OpenTelemetry's own exporter, sending to the sink. Compression and certificates are left to its variables. */
export function stockExporter(protocol: OtlpProtocol, sink: OtlpSink, timeoutMillis = 5_000): SpanExporter {
  return new EXPORTERS[protocol]({ url: protocol === 'grpc' ? sink.grpcUrl : sink.tracesUrl, timeoutMillis })
}

/** The SDK's own provider, batching to that exporter; at most twelve attributes, two events and two links a span. */
export function stockProvider(exporter: SpanExporter): TracerProvider {
  return new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop', 'process.pid': 42 }, { schemaUrl: 'https://e.org/r' }),
    spanLimits: { attributeCountLimit: 12, eventCountLimit: 2, linkCountLimit: 2 },
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  })
}
