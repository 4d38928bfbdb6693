import { warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { readEnv } from '../../internal/runtime/env.js'
import { SIGNALS, type Signal, type SignalNames } from './signal.js'

const PROTOCOLS = ['grpc', 'http/protobuf', 'http/json'] as const

/** OTLP's transports, as OTEL_EXPORTER_OTLP_PROTOCOL names them. */
export type OtlpProtocol = (typeof PROTOCOLS)[number]

export interface OtlpSettings {
  readonly kind: 'otlp'
  /** Default `'traces'`. */
  readonly signal?: Signal
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
export function otlpFromEnvironment(signal: Signal = 'traces'): OtlpSettings {
  return { kind: 'otlp', signal, protocol: protocolFromEnvironment(SIGNALS[signal].variable) }
}

function protocolFromEnvironment(signal: SignalNames['variable']): OtlpProtocol {
  const own = `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`
  const variable = readEnv(own) ? own : 'OTEL_EXPORTER_OTLP_PROTOCOL'
  const named = readEnv(variable)
  const protocol = PROTOCOLS.find((known) => known === named)
  if (protocol) return protocol
  if (named !== undefined) {
    const allowed = PROTOCOLS.join(', ')
    warnOnce(variable, `${variable} must be one of ${allowed}, got "${named}"; http/protobuf is used`)
  } else if (
    portOf(readEnv(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`) ?? readEnv('OTEL_EXPORTER_OTLP_ENDPOINT')) === GRPC_PORT
  ) {
    return 'grpc'
  }
  return 'http/protobuf'
}

function portOf(endpoint: string | undefined): string | undefined {
  return endpoint?.match(/^(?:\w+:\/\/)?[^/]*:(\d+)(?:\/|$)/)?.[1]
}
