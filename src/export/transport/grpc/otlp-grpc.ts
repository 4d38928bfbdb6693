// OpenTelemetry's way over gRPC, with the gRPC library that it stands on: in the build a file of its own, loaded when gRPC was
// chosen, and not before.
export {
  createEmptyMetadata,
  createInsecureCredentials,
  createOtlpGrpcExportDelegate,
  createSslCredentials,
} from '@opentelemetry/otlp-grpc-exporter-base'
