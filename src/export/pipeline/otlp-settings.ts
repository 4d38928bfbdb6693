import { parseKeyPairsIntoRecord } from '@opentelemetry/core'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { readEnv, readEnvList, readEnvNumber, warnOfEnvValue } from '../../internal/runtime/env.js'
import { SIGNALS, type Signal } from './signal.js'

const PROTOCOLS = ['grpc', 'http/protobuf', 'http/json'] as const

/** OTLP's transports, as OTEL_EXPORTER_OTLP_PROTOCOL names them. */
export type OtlpProtocol = (typeof PROTOCOLS)[number]

/** Complete and plain data: it is resolved on the main thread, and all that the delivery thread knows of its backend. */
export interface OtlpSettings {
  readonly kind: 'otlp'
  readonly signal: Signal
  readonly protocol: OtlpProtocol
  readonly connection: OtlpConnection
}

export interface OtlpConnection {
  /** Over HTTP with the path of the signal. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly compression: 'gzip' | 'none'
  readonly timeoutMillis: number
  readonly tls: TlsFiles
  /** gRPC without TLS, for an endpoint that has no scheme. */
  readonly insecure: boolean
}

export interface TlsFiles {
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  /** A file that can't be read is logged and left out. Otherwise nothing is sent without it, and each attempt says so. */
  readonly isOptional?: boolean
}

/** Specification: OTLP exporter, "Configuration Options". */
export const DEFAULT_OTLP_TIMEOUT_MILLIS = 10_000

export function defaultOtlpUrl(protocol: OtlpProtocol, signal: Signal): string {
  return protocol === 'grpc' ? 'http://localhost:4317' : `http://localhost:4318/${SIGNALS[signal].path}`
}

/** The URL of a backend, for messages to people: without what may be secret in it. */
export function endpointName(url: string): string {
  return url
    .trim()
    .replace(/^((?:[\w+.-]+:\/\/)?)[^/?#]*@/, '$1***@')
    .replace(/[?#].*$/s, '?***')
}

/** A URL over HTTP. `localhost:4318` is a URL too, whose scheme is `localhost:`. @throws where it is none */
export function httpUrl(url: string): URL {
  const parsed = new URL(url)
  if (!/^https?:$/.test(parsed.protocol)) throw new Error('it must begin with http:// or https://')
  return parsed
}

/** An endpoint of gRPC, which is one of TLS where it has no scheme. @throws where it is none */
export function grpcUrl(url: string): URL {
  return new URL(/^\w{1,8}:\/\//.test(url) ? url : `https://${url}`)
}

/** OTLP as the OTEL_EXPORTER_OTLP_* variables ask for it. What is wrong in them is logged once, and counts as unset. */
export function otlpFromEnvironment(signal: Signal = 'traces'): OtlpSettings {
  const { variable } = SIGNALS[signal]
  /** What is said of the signal takes precedence over what is said of all. */
  const first = <T>(name: string, read: (variable: string) => T | undefined): T | undefined =>
    read(`OTEL_EXPORTER_OTLP_${variable}_${name}`) ?? read(`OTEL_EXPORTER_OTLP_${name}`)
  const protocol = first('PROTOCOL', readProtocol) ?? defaultProtocol(first('ENDPOINT', readEnv))
  const url = urlFromEnvironment(signal, protocol)
  const [caFile, certFile, keyFile] = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'].map((name) =>
    first(name, readEnv),
  )
  return {
    kind: 'otlp',
    signal,
    protocol,
    connection: {
      url,
      headers: {
        ...headersIn('OTEL_EXPORTER_OTLP_HEADERS'),
        ...headersIn(`OTEL_EXPORTER_OTLP_${variable}_HEADERS`),
      },
      compression: first('COMPRESSION', readCompression) ?? 'none',
      timeoutMillis: first('TIMEOUT', readTimeout) ?? DEFAULT_OTLP_TIMEOUT_MILLIS,
      tls: {
        isOptional: true,
        ...(caFile !== undefined && { caFile }),
        ...(certFile !== undefined && { certFile }),
        ...(keyFile !== undefined && { keyFile }),
      },
      insecure: !/^https?:\/\//.test(url) && first('INSECURE', readEnv)?.toLowerCase() === 'true',
    },
  }
}

function readProtocol(variable: string): OtlpProtocol | undefined {
  const named = readEnv(variable)
  if (named === undefined) return undefined
  const protocol = PROTOCOLS.find((known) => known === named)
  if (protocol) return protocol
  const allowed = PROTOCOLS.join(', ')
  warnOnce(variable, `${variable} must be one of ${allowed}, got "${named}"; http/protobuf is used`)
  return 'http/protobuf'
}

/** NodeSDK's http/protobuf; but gRPC at the port that OTLP has registered for it, since nothing else listens there. */
function defaultProtocol(endpoint: string | undefined): OtlpProtocol {
  const port = endpoint?.match(/^(?:\w+:\/\/)?[^/]*:(\d+)(?:\/|$)/)?.[1]
  return port === '4317' ? 'grpc' : 'http/protobuf'
}

/** The endpoint of the signal as it is; that of all signals with the path that belongs to the signal. */
function urlFromEnvironment(signal: Signal, protocol: OtlpProtocol): string {
  const { variable, path } = SIGNALS[signal]
  const base = readEnv('OTEL_EXPORTER_OTLP_ENDPOINT')
  const withPath = protocol === 'grpc' ? base : base && `${base.replace(/\/$/, '')}/${path}`
  const url = readEnv(`OTEL_EXPORTER_OTLP_${variable}_ENDPOINT`) ?? withPath ?? defaultOtlpUrl(protocol, signal)
  try {
    if (protocol === 'grpc') grpcUrl(url)
    else httpUrl(url)
    return url
  } catch (error) {
    warnOnce('OTLP endpoint', `OTEL_EXPORTER_OTLP_ENDPOINT: ${messageOf(error)}; the default endpoint is used`)
    return defaultOtlpUrl(protocol, signal)
  }
}

/** A token of HTTP, maybe percent-encoded. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i

/** An entry that can't be used is named by its place: it may be a part of a secret. */
function headersIn(variable: string): Record<string, string> {
  const entries = readEnvList(variable) ?? []
  const isUsable = (entry: string): boolean => HEADER_NAME.test(entry.slice(0, Math.max(0, entry.indexOf('='))).trim())
  const places = entries.flatMap((entry, index) => (isUsable(entry) ? [] : index + 1)).join(' and ')
  if (places !== '')
    warnOnce(
      variable,
      `${variable}: entry ${places} of ${entries.length} is not name=value (with = and no colon, values ` +
        'percent-encoded) and is left out',
    )
  return parseKeyPairsIntoRecord(entries.filter(isUsable).join(','))
}

function readCompression(variable: string): OtlpConnection['compression'] | undefined {
  const value = readEnv(variable)
  if (value === undefined || value === 'gzip' || value === 'none') return value
  warnOfEnvValue(variable, 'gzip or none', 'the default is used')
  return undefined
}

const readTimeout = (variable: string): number | undefined => readEnvNumber(variable, { min: 1 })
