import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { onTestFinished, vi } from 'vitest'
import { otlpTransport } from '../../../src/export/transport/otlp-transport.js'
import type { Transport } from '../../../src/export/transport/transport.js'
import {
  otlpFromEnvironment,
  type OtlpConnection,
  type OtlpProtocol,
} from '../../../src/export/pipeline/otlp-settings.js'
import type { OtlpSink } from '../../helpers/otlp-sink.js'
import { requestOf } from '../../helpers/otlp-sink/raw-client.js'

export const PROTOCOLS: readonly OtlpProtocol[] = ['grpc', 'http/protobuf', 'http/json']

const CONNECTION: Omit<OtlpConnection, 'url'> = {
  headers: {},
  compression: 'none',
  timeoutMillis: 10_000,
  tls: {},
  insecure: false,
}

/** A transport to this URL with everything set in a configuration file; closed when the test ends. */
export function connectTo(protocol: OtlpProtocol, url: string, settings: Partial<OtlpConnection> = {}): Transport {
  const connection = { ...CONNECTION, url, ...settings }
  return closedLater(otlpTransport({ kind: 'otlp', signal: 'traces', protocol, connection }))
}

/** The same, to the port of the sink where it speaks the protocol. */
export function connect(protocol: OtlpProtocol, sink: OtlpSink, settings: Partial<OtlpConnection> = {}): Transport {
  return connectTo(protocol, protocol === 'grpc' ? sink.grpcUrl : sink.tracesUrl, settings)
}

/** One with the settings of the OTEL_EXPORTER_OTLP_* variables. */
export function connectByEnvironment(protocol: OtlpProtocol): Transport {
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', protocol)
  return closedLater(otlpTransport(otlpFromEnvironment()))
}

function closedLater(transport: Transport): Transport {
  onTestFinished(() => transport.close())
  return transport
}

/** A request with so many spans, in memory of its own as the delivery has it. */
export function encoded(protocol: OtlpProtocol, spans = 1): Uint8Array {
  return new Uint8Array(protocol === 'http/json' ? json(spans) : requestOf(spans))
}

function json(spans: number): Buffer {
  const numbered = Array.from({ length: spans }, (_, index) => ({
    traceId: 'ab'.repeat(16),
    spanId: 'cd'.repeat(8),
    name: `span ${index + 1}`,
  }))
  return Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: numbered }] }] }))
}

/** The sockets of clients that are made from here on. */
export function clientSockets(): Socket[] {
  const sockets: Socket[] = []
  const see = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket)
  subscribe('net.client.socket', see)
  onTestFinished(() => void unsubscribe('net.client.socket', see))
  return sockets
}
