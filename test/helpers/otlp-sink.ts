import type { TlsOptions } from 'node:tls'
import type { SinkScript } from './otlp-sink/behaviour.js'
import { grpcServer } from './otlp-sink/grpc-endpoint.js'
import { httpServer } from './otlp-sink/http-endpoint.js'
import { Inbox, type ReceivedRequest, type SinkFault } from './otlp-sink/inbox.js'
import { Listener } from './otlp-sink/listener.js'
import { logsIn, metricsIn, type OtherRequest, type ReceivedLog, type SentMetric } from './otlp-sink/other-signals.js'
import type { ReceivedSpan } from './otlp-sink/received-span.js'
import { TRACES_PATH } from './otlp-sink/schema.js'
import type { WaitOptions } from './otlp-sink/waiters.js'

export type { SinkBehaviour, SinkScript } from './otlp-sink/behaviour.js'
export type { OtlpProtocol, ReceivedRequest, SinkFault } from './otlp-sink/inbox.js'
export type { ReceivedSpan } from './otlp-sink/received-span.js'
export type { WaitOptions } from './otlp-sink/waiters.js'

export interface ServerCertificate {
  readonly certificatePem: string
  readonly keyPem: string
}

export interface OtlpSinkOptions {
  /** Serve over TLS only. What `makeCertificates()` returns fits. */
  readonly tls?: { readonly caPem: string; readonly server: ServerCertificate }
  /** With `tls`: turn away clients without a certificate of the same CA. False by default. */
  readonly mutualTls?: boolean
}

/**
 * A real OTLP receiver: gRPC on one port, HTTP (protobuf and JSON) on the other. Everything that arrives is decoded with
 * a protobuf library; what a correct exporter would not send is answered as a real server does, and kept in `faults`.
 */
export interface OtlpSink extends AsyncDisposable {
  /** For gRPC: `http://127.0.0.1:…`, or `https:` with TLS. */
  readonly grpcUrl: string
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT` over HTTP: exporters append the path. */
  readonly httpUrl: string
  /** For an exporter's own `url` over HTTP. */
  readonly tracesUrl: string
  /** What could be decoded, in the order of arrival, refused requests too. */
  readonly requests: readonly ReceivedRequest[]
  readonly faults: readonly SinkFault[]
  /** What came of logs and metrics. */
  readonly otherRequests: readonly OtherRequest[]
  /** All log records. */
  logs(): ReceivedLog[]
  /** The metrics of each export, in their order. */
  metricExports(): SentMetric[][]
  /** The spans that the sink accepted, one entry each time one was sent. */
  spans(): ReceivedSpan[]
  /**
   * Settles as soon as so many spans were accepted, or rejects with what did arrive. The spans are there before their
   * sender has its answer.
   */
  waitForSpans(count: number, options?: WaitOptions): Promise<ReceivedSpan[]>
  /** Settles as soon as so many requests have arrived, whatever was answered. */
  waitForRequests(count: number, options?: WaitOptions): Promise<readonly ReceivedRequest[]>
  /** How requests are answered from now on; `ok` until this is called. */
  respondWith(script: SinkScript): void
  /** No request of logs and metrics is answered from now on. */
  hangOthers(): void
  /** An outage: cuts the connections and refuses new ones. Spans that were received stay. */
  down(): Promise<void>
  /** The end of the outage: listens on the same ports again. */
  up(): Promise<void>
  /** With `tls`: shows another certificate to whoever connects from now on. */
  setCertificate(server: ServerCertificate): void
  /** Forgets what was received, and answers `ok` again. */
  reset(): void
  /** Cuts all connections, hanging ones too. Whoever still waits is rejected. */
  close(): Promise<void>
}

export async function otlpSink({ tls, mutualTls = false }: OtlpSinkOptions = {}): Promise<OtlpSink> {
  if (mutualTls && !tls) throw new TypeError('mutualTls needs tls')
  const tlsOptions: TlsOptions | undefined = tls && {
    cert: tls.server.certificatePem,
    key: tls.server.keyPem,
    ca: tls.caPem,
    requestCert: mutualTls,
    rejectUnauthorized: mutualTls,
  }
  const inbox = new Inbox()
  const grpc: Listener = await Listener.start(grpcServer(inbox, tlsOptions, (port) => grpc.resetConnection(port)))
  const http: Listener = await Listener.start(httpServer(inbox, tlsOptions, (port) => http.resetConnection(port)))
  const scheme = tls ? 'https' : 'http'
  const httpUrl = `${scheme}://127.0.0.1:${http.port}`
  const close = async (): Promise<void> => {
    inbox.close()
    await Promise.all([grpc.down(), http.down()])
  }
  return {
    grpcUrl: `${scheme}://127.0.0.1:${grpc.port}`,
    httpUrl,
    tracesUrl: httpUrl + TRACES_PATH,
    requests: inbox.requests,
    faults: inbox.faults,
    otherRequests: inbox.otherRequests,
    logs: () => inbox.otherRequests.flatMap(logsIn),
    metricExports: () => inbox.otherRequests.map(metricsIn).filter((metrics) => metrics.length > 0),
    spans: () => inbox.spans(),
    waitForSpans: async (count, options) => {
      await inbox.waiters.until(`${count} spans`, () => inbox.spans().length >= count, options)
      return inbox.spans()
    },
    waitForRequests: async (count, options) => {
      await inbox.waiters.until(`${count} requests`, () => inbox.requests.length >= count, options)
      return inbox.requests
    },
    respondWith: (script) => inbox.respondWith(script),
    hangOthers: () => inbox.hangOthers(),
    down: async () => {
      await Promise.all([grpc.down(), http.down()])
    },
    up: async () => {
      await Promise.all([grpc.up(), http.up()])
    },
    setCertificate: ({ certificatePem: cert, keyPem: key }) => {
      for (const listener of [grpc, http]) listener.setCertificate({ ...tlsOptions, cert, key })
    },
    reset: () => inbox.reset(),
    close,
    [Symbol.asyncDispose]: close,
  }
}
