import { parseKeyPairsIntoRecord } from '@opentelemetry/core'
import { readEnv } from '../../internal/runtime/env.js'
import type { OtlpProtocol, OtlpSettings } from '../pipeline/otlp-settings.js'
import { SIGNALS, type SignalNames } from '../pipeline/signal.js'
import { endpointName } from '../transport/endpoint-name.js'

/** Whom batches are for. A spool sends only what was written for the same one. */
export interface Destination {
  /** Format and endpoint, for people: without what may be secret in it. */
  readonly name: string
  /** All that has to be the same, secrets included: never logged, never written down. */
  readonly identity: string
}

interface Parts {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** A certificate tells a backend who sends, as a header does. By its path, since certificates are renewed. */
  readonly clientCertificate: string
}

/** Where a delivery with these settings sends. */
export function destinationOf({ protocol, connection, signal = 'traces' }: OtlpSettings): Destination {
  const names = SIGNALS[signal]
  const { url, headers, clientCertificate } = connection
    ? {
        url: connection.url ?? defaultUrl(protocol, names),
        headers: connection.headers,
        clientCertificate: connection.tls.certFile ?? '',
      }
    : fromEnvironment(protocol, names)
  const pairs = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  pairs.sort()
  return {
    name: `${signal} as ${protocol} to ${endpointName(url)}`,
    identity: JSON.stringify([signal, protocol, url, pairs, clientCertificate]),
  }
}

function fromEnvironment(protocol: OtlpProtocol, names: SignalNames): Parts {
  const general = 'OTEL_EXPORTER_OTLP_'
  const own = `${general}${names.variable}_`
  const base = readEnv(`${general}ENDPOINT`)
  return {
    url: readEnv(`${own}ENDPOINT`) ?? (base && withPath(base, protocol, names)) ?? defaultUrl(protocol, names),
    headers: {
      ...parseKeyPairsIntoRecord(readEnv(`${general}HEADERS`)),
      ...parseKeyPairsIntoRecord(readEnv(`${own}HEADERS`)),
    },
    clientCertificate: readEnv(`${own}CLIENT_CERTIFICATE`) ?? readEnv(`${general}CLIENT_CERTIFICATE`) ?? '',
  }
}

function defaultUrl(protocol: OtlpProtocol, names: SignalNames): string {
  return protocol === 'grpc' ? 'http://localhost:4317' : withPath('http://localhost:4318', protocol, names)
}

function withPath(base: string, protocol: OtlpProtocol, { path }: SignalNames): string {
  return protocol === 'grpc' ? base : `${base.replace(/\/$/, '')}/${path}`
}
