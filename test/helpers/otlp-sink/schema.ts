import { join } from 'node:path'
import protobuf, { type Type } from 'protobufjs'

const PROTO_FOLDER = join(import.meta.dirname, '..', 'otlp-proto')
const COLLECTOR = 'opentelemetry.proto.collector.trace.v1'

const root = new protobuf.Root()
root.resolvePath = (_origin, target) => join(PROTO_FOLDER, target)
root.loadSync([
  'opentelemetry/proto/collector/trace/v1/trace_service.proto',
  'opentelemetry/proto/collector/logs/v1/logs_service.proto',
  'opentelemetry/proto/collector/metrics/v1/metrics_service.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
])
root.resolveAll()

export const exportRequestType: Type = root.lookupType(`${COLLECTOR}.ExportTraceServiceRequest`)
export const exportResponseType: Type = root.lookupType(`${COLLECTOR}.ExportTraceServiceResponse`)
export const logsRequestType: Type = root.lookupType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest')
export const metricsRequestType: Type = root.lookupType(
  'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest',
)
export const statusType: Type = root.lookupType('google.rpc.Status')
export const retryInfoType: Type = root.lookupType('google.rpc.RetryInfo')

/** The path of the one gRPC call that the sink answers. */
export const EXPORT_CALL = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** The path of the same call over HTTP. */
export const TRACES_PATH = '/v1/traces'
