import { messageOf, warnOnce } from '../../../internal/diagnostics/diagnostics.js'
import type { Redact } from '../../../internal/diagnostics/redact.js'
import { endpointName, grpcUrl, type OtlpConnection, type OtlpSettings } from '../../pipeline/otlp-settings.js'
import { SIGNALS } from '../../pipeline/signal.js'
import { readCertificates } from '../certificate-files.js'
import { partialSuccessIn } from '../response-body.js'
import { serverTextRedactor } from '../server-text.js'
import { retryable, type Answer, type Transport } from '../transport.js'
import { answerOfCallError, isConnectionSpent, type CallError } from './grpc-answer.js'
import { GrpcChannel, type GrpcOptions } from './grpc-channel.js'
import { createEmptyMetadata, createInsecureCredentials, createSslCredentials } from './otlp-grpc.js'

/** More requests than the delivery sends at once. */
const CONCURRENCY_LIMIT = 30

/** OTLP/gRPC, by OpenTelemetry's delegate. */
export class GrpcTransport implements Transport {
  readonly endpoint: string
  readonly #settings: OtlpSettings
  readonly #options: GrpcOptions
  readonly #redact: Redact
  #channels = 0
  #channel: GrpcChannel | undefined

  /** @throws where the settings name what can't be used. */
  constructor(settings: OtlpSettings) {
    const { connection } = settings
    const metadata = metadataOf(connection)
    // What is wrong with a file that must be there is known at once.
    if (!connection.tls.isOptional) credentialsFor(connection)
    this.#settings = settings
    this.endpoint = endpointName(connection.url)
    this.#options = {
      url: addressOf(connection.url),
      metadata: () => metadata.clone(),
      credentials: () => credentialsFor(connection),
      compression: connection.compression,
      concurrencyLimit: CONCURRENCY_LIMIT,
    }
    this.#redact = serverTextRedactor(Object.values(connection.headers), [connection.url])
  }

  async send(bytes: Uint8Array, timeoutMillis: number): Promise<Answer> {
    const millis = Math.min(timeoutMillis, this.#settings.connection.timeoutMillis)
    const requestBytes = bytes.byteLength
    const channel = (this.#channel ??= this.#open())
    try {
      const partial = partialSuccessIn(await channel.call(bytes, millis))
      return { kind: 'success', rejectedSpans: partial.rejectedSpans, message: this.#redact(partial.message) }
    } catch (error) {
      // Credentials that can't be made, or more calls at once than the delegate allows: nothing was sent.
      if (!isCallError(error)) return retryable(this.#redact(messageOf(error)))
      if (isConnectionSpent(error)) this.#giveUp(channel)
      return answerOfCallError(error, { requestBytes, timeoutMillis: millis }, this.#redact)
    }
  }

  /** grpc-js sends copies. */
  isReading(): boolean {
    return false
  }

  close(): void {
    this.#channel?.close()
    this.#channel = undefined
  }

  /**
   * After a failure the next attempt connects at once, by a connection of its own. grpc-js would share the old one, also
   * among clients, with its waiting time of up to two minutes; it shares where all settings are equal, and the user agent is
   * the one of them that is free.
   */
  #open(): GrpcChannel {
    const { signal } = this.#settings
    this.#channels += 1
    // Each signal has its own, since closing a channel that is shared would break off the others' calls.
    const ofSignal = signal === 'traces' ? '' : ` ${signal}`
    const connection = this.#channels === 1 ? '' : ` (connection ${this.#channels})`
    return new GrpcChannel(this.#options, SIGNALS[signal].grpcCall, `spanwright${ofSignal}${connection}`)
  }

  #giveUp(channel: GrpcChannel): void {
    channel.close()
    if (this.#channel === channel) this.#channel = undefined
  }
}

/** Host and port, or a socket's file, as gRPC takes them. @throws where it is no URL */
function addressOf(url: string): string {
  const { protocol, host, pathname } = grpcUrl(url)
  if (protocol === 'unix:') return url
  if (pathname !== '' && pathname !== '/')
    warnOnce('gRPC path', `OTLP over gRPC has no path: that of the endpoint ${endpointName(url)} is not used`)
  if (protocol !== 'http:' && protocol !== 'https:')
    warnOnce('gRPC scheme', `the endpoint ${endpointName(url)} should begin with http:// or https://`)
  return host
}

/** Read anew for each connection: certificates are renewed. */
function credentialsFor({ url, insecure, tls }: OtlpConnection): ReturnType<typeof createSslCredentials> {
  if (insecure || url.startsWith('http:')) return createInsecureCredentials()
  const { ca, cert, key } = readCertificates(tls)
  return createSslCredentials(ca, key, cert)
}

function metadataOf({ headers }: OtlpConnection): ReturnType<typeof createEmptyMetadata> {
  const metadata = createEmptyMetadata()
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
  return metadata
}

function isCallError(error: unknown): error is CallError {
  const { code, details } = error as Partial<CallError>
  return typeof code === 'number' && typeof details === 'string'
}
