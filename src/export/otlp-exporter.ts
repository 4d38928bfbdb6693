import * as httpJson from '@opentelemetry/exporter-trace-otlp-http'
import * as httpProtobuf from '@opentelemetry/exporter-trace-otlp-proto'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import { readFileSync } from 'node:fs'
import { readEnv, withoutEnv } from '../internal/env.js'
import { messageOf, warnOnce } from '../internal/diagnostics.js'
import { requireOwn } from '../internal/require.js'

const PROTOCOLS = ['grpc', 'http/protobuf', 'http/json'] as const

/** OTLP's transports, as OTEL_EXPORTER_OTLP_PROTOCOL names them. */
export type OtlpProtocol = (typeof PROTOCOLS)[number]

export interface OtlpSettings {
  readonly kind: 'otlp'
  readonly protocol: OtlpProtocol
  /** Where a configuration file speaks. Undefined: the exporter reads the OTEL_EXPORTER_OTLP_* variables. */
  readonly connection?: OtlpConnection
}

export interface OtlpConnection {
  readonly url?: string
  readonly headers: Readonly<Record<string, string>>
  readonly compression: 'gzip' | 'none'
  readonly timeoutMillis?: number
  readonly tls: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string }
  /** gRPC without TLS, for an endpoint that has no scheme. */
  readonly insecure: boolean
}

/** The gRPC port that OTLP has registered. */
const GRPC_PORT = '4317'

/**
 * OTLP as the environment asks for it. The default is NodeSDK's http/protobuf; but an endpoint with port 4317 and no
 * protocol named means gRPC, since nothing else listens there.
 */
export function otlpFromEnvironment(): OtlpSettings {
  const variable = readEnv('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL')
    ? 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'
    : 'OTEL_EXPORTER_OTLP_PROTOCOL'
  const named = readEnv(variable)
  const protocol = PROTOCOLS.find((known) => known === named)
  if (protocol) return { kind: 'otlp', protocol }
  if (named !== undefined) {
    const allowed = PROTOCOLS.join(', ')
    warnOnce(variable, `${variable} must be one of ${allowed}, got "${named}"; http/protobuf is used`)
  } else if (
    portOf(readEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? readEnv('OTEL_EXPORTER_OTLP_ENDPOINT')) === GRPC_PORT
  ) {
    return { kind: 'otlp', protocol: 'grpc' }
  }
  return { kind: 'otlp', protocol: 'http/protobuf' }
}

function portOf(endpoint: string | undefined): string | undefined {
  return endpoint?.match(/^(?:\w+:\/\/)?[^/]*:(\d+)(?:\/|$)/)?.[1]
}

/** OpenTelemetry's own exporter for the protocol; only that one is loaded. */
export function createOtlpExporter({ protocol, connection }: OtlpSettings): SpanExporter {
  if (!connection) return exporterFromEnvironment(protocol)
  // The exporters would fill what is left out from the environment, and a configuration file speaks alone.
  return withoutEnv(/^OTEL_EXPORTER_OTLP_/, () =>
    protocol === 'grpc' ? grpcExporter(connection) : httpExporter(protocol, connection),
  )
}

/** Over HTTP a wrong endpoint is told and left out by OpenTelemetry; over gRPC it throws. Both shall end alike. */
function exporterFromEnvironment(protocol: OtlpProtocol): SpanExporter {
  const create = (): SpanExporter =>
    protocol === 'grpc' ? new (grpc().OTLPTraceExporter)() : new (http(protocol).OTLPTraceExporter)()
  try {
    return create()
  } catch (error) {
    warnOnce('OTLP endpoint', `OTEL_EXPORTER_OTLP_ENDPOINT: ${messageOf(error)}; the default endpoint is used`)
    return withoutEnv(/^OTEL_EXPORTER_OTLP_(TRACES_)?ENDPOINT$/, create)
  }
}

function httpExporter(protocol: 'http/protobuf' | 'http/json', connection: OtlpConnection): SpanExporter {
  const { url, headers, timeoutMillis, tls } = connection
  return new (http(protocol).OTLPTraceExporter)({
    headers: { ...headers },
    compression: connection.compression as never,
    ...(url !== undefined && { url }),
    ...(timeoutMillis !== undefined && { timeoutMillis }),
    httpAgentOptions: {
      ...(tls.caFile !== undefined && { ca: read(tls.caFile) }),
      ...(tls.certFile !== undefined && { cert: read(tls.certFile) }),
      ...(tls.keyFile !== undefined && { key: read(tls.keyFile) }),
    },
  })
}

function grpcExporter(connection: OtlpConnection): SpanExporter {
  const { url, headers, timeoutMillis, tls, insecure } = connection
  const { createEmptyMetadata, createInsecureCredentials, createSslCredentials } = grpcBase()
  const metadata = createEmptyMetadata()
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
  const plain = insecure || (url ?? 'http:').startsWith('http:')
  const credentials = plain
    ? createInsecureCredentials()
    : createSslCredentials(read(tls.caFile), read(tls.keyFile), read(tls.certFile))
  return new (grpc().OTLPTraceExporter)({
    metadata,
    credentials,
    compression: connection.compression as never,
    ...(url !== undefined && { url }),
    ...(timeoutMillis !== undefined && { timeoutMillis }),
  })
}

function read(file: string): Buffer
function read(file: string | undefined): Buffer | undefined
function read(file: string | undefined): Buffer | undefined {
  return file === undefined ? undefined : readFileSync(file)
}

type GrpcBase = typeof import('@opentelemetry/otlp-grpc-exporter-base')
const grpcBase = (): GrpcBase => requireOwn('@opentelemetry/otlp-grpc-exporter-base') as GrpcBase

type Grpc = typeof import('@opentelemetry/exporter-trace-otlp-grpc')
const grpc = (): Grpc => requireOwn('@opentelemetry/exporter-trace-otlp-grpc') as Grpc

/** The packages of the two encodings export the same names. */
function http(protocol: 'http/protobuf' | 'http/json'): typeof httpProtobuf {
  return protocol === 'http/json' ? httpJson : httpProtobuf
}
