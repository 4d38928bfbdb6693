import { messageOf } from '../../../internal/diagnostics/diagnostics.js'
import type { OtlpSettings } from '../../pipeline/otlp-settings.js'
import { SIGNALS, type Signal } from '../../pipeline/signal.js'
import { retryable } from '../retryable.js'
import { endpointName } from '../endpoint-name.js'
import { answerOfCallError, isConnectionSpent, type CallError } from './grpc-answer.js'
import { grpcChannel, type GrpcChannel } from './grpc-channel.js'
import { grpcOptions, type GrpcOptions } from './grpc-options.js'
import { partialSuccessIn } from '../partial-success.js'
import type { Redact } from '../../../internal/diagnostics/redact.js'
import { serverTextRedactor } from '../redacted-text.js'
import type { Answer, Transport } from '../transport.js'

/**
 * OTLP/gRPC, by OpenTelemetry's delegate.
 *
 * @throws where a configuration file names what can't be used.
 */
export function grpcTransport(settings: OtlpSettings): Transport {
  const { options, url } = grpcOptions(settings)
  return new GrpcTransport(settings.signal ?? 'traces', options, url)
}

class GrpcTransport implements Transport {
  readonly endpoint: string
  readonly #signal: Signal
  readonly #options: GrpcOptions
  readonly #redact: Redact
  #channels = 0
  #channel: GrpcChannel | undefined

  constructor(signal: Signal, options: GrpcOptions, url: string) {
    this.#signal = signal
    this.endpoint = endpointName(url)
    this.#options = options
    this.#redact = serverTextRedactor(Object.values(options.metadata().getMap()).map(String), [url])
  }

  async send(bytes: Uint8Array, timeoutMillis: number): Promise<Answer> {
    const millis = Math.min(timeoutMillis, this.#options.timeoutMillis)
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

  close(): void {
    this.#channel?.close()
    this.#channel = undefined
  }

  /**
   * After a failure the next attempt shall connect at once, by a connection of its own. grpc-js would share the old one, also
   * among clients, with its waiting time of up to two minutes; it shares where all settings are equal, and the user agent is
   * the one of them that is free.
   */
  #open(): GrpcChannel {
    this.#channels += 1
    // Each signal has its own, since closing a channel that is shared would break off the others' calls.
    const signal = this.#signal === 'traces' ? '' : ` ${this.#signal}`
    const connection = this.#channels === 1 ? '' : ` (connection ${this.#channels})`
    const userAgent = `spanwright${signal}${connection}`
    return grpcChannel(this.#options, SIGNALS[this.#signal].grpcCall, userAgent)
  }

  #giveUp(channel: GrpcChannel): void {
    channel.close()
    if (this.#channel === channel) this.#channel = undefined
  }
}

function isCallError(error: unknown): error is CallError {
  const { code, details } = error as Partial<CallError>
  return typeof code === 'number' && typeof details === 'string'
}
