import type { Agent } from 'node:http'
import { promisify } from 'node:util'
import { LONGEST_TIMER_MILLIS } from '../../../internal/async/settled-within.js'
import { messageOf } from '../../../internal/diagnostics/diagnostics.js'
import type { Redact } from '../../../internal/diagnostics/redact.js'
import { requireOwn } from '../../../internal/runtime/own-package.js'
import { endpointName, httpUrl, type OtlpSettings } from '../../pipeline/otlp-settings.js'
import { readCertificates } from '../certificate-files.js'
import { proxiesToFollow } from '../environment-proxies.js'
import { serverTextRedactor } from '../server-text.js'
import { retryable, type Answer, type Transport } from '../transport.js'
import { awsSigner, type SignedPost, type SignPost, type UnsignedPost } from './aws-signature.js'
import { answerOf } from './http-answer.js'
import { exchange, httpModule } from './http-exchange.js'

const USER_AGENT = 'spanwright (Node.js)'

/**
 * OTLP/HTTP, without OpenTelemetry's own exporter: that one repeats requests by itself, keeps `Retry-After` to itself, and
 * waits for ever for a server that sends a byte a second.
 */
export class HttpTransport implements Transport {
  readonly endpoint: string
  readonly #settings: OtlpSettings
  readonly #url: URL
  readonly #agentOptions: object
  readonly #redactor: (secrets: readonly string[]) => Redact
  readonly #redact: Redact
  readonly #sign: SignPost | undefined
  readonly #underWay = new Set<AbortController>()
  readonly #reading = new WeakSet<Uint8Array>()
  #agent: Agent | undefined

  /** @throws where the settings name what can't be used. */
  constructor(settings: OtlpSettings) {
    const { url, headers, tls } = settings.connection
    const proxies = proxiesToFollow()
    this.#settings = settings
    this.#url = httpUrl(url)
    this.endpoint = endpointName(this.#url.href)
    this.#agentOptions = {
      keepAlive: true,
      // Also where TLS is not used: a file that is not there is a mistake that is worth a line.
      ...readCertificates(tls),
      ...(Object.keys(proxies).length > 0 && { proxyEnv: { ...proxies } }),
    }
    const urls = [this.#url.href, ...Object.values(proxies)]
    this.#redactor = (secrets) => serverTextRedactor([...Object.values(headers), ...secrets], urls)
    this.#redact = this.#redactor([])
    this.#sign = awsSigner(this.#url, headers)
  }

  async send(bytes: Uint8Array, timeoutMillis: number): Promise<Answer> {
    const millis = Math.min(timeoutMillis, this.#settings.connection.timeoutMillis, LONGEST_TIMER_MILLIS)
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(new Error(`no answer in ${Math.round(millis)} ms`)), millis)
    timer.unref()
    this.#underWay.add(abort)
    try {
      return await this.#attempt(bytes, abort.signal)
    } catch (error) {
      // A header or a certificate that can't be sent; no server was reached.
      return retryable(messageOf(error), { isUnreachable: true })
    } finally {
      clearTimeout(timer)
      this.#underWay.delete(abort)
    }
  }

  isReading(bytes: Uint8Array): boolean {
    return this.#reading.has(bytes)
  }

  close(): void {
    for (const abort of this.#underWay) abort.abort(new Error('the transport was closed'))
    this.#agent?.destroy()
    this.#agent = undefined
  }

  async #attempt(bytes: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const { protocol, connection } = this.#settings
    const isCompressed = connection.compression === 'gzip'
    this.#reading.add(bytes)
    const onRead = (): void => void this.#reading.delete(bytes)
    const body = isCompressed ? await gzip(bytes).finally(onRead) : bytes
    const unsigned = {
      'User-Agent': USER_AGENT,
      ...connection.headers,
      'Content-Type': protocol === 'http/json' ? 'application/json' : 'application/x-protobuf',
      ...(isCompressed && { 'Content-Encoding': 'gzip' }),
    }
    const agent = (this.#agent ??= new (httpModule(this.#url).Agent)(this.#agentOptions))
    const signed = await this.#signed({ headers: unsigned, body }, signal)
    const result = await exchange({ url: this.#url, agent, headers: signed?.headers ?? unsigned, body, onRead, signal })
    const isCutOff = result.kind === 'loss' && signal.aborted
    const redact = signed ? this.#redactor(signed.secrets) : this.#redact
    return answerOf(isCutOff ? { ...result, error: signal.reason as Error } : result, redact)
  }

  /** Credentials may be asked for over the network, and that may hang. */
  async #signed(post: UnsignedPost, signal: AbortSignal): Promise<SignedPost | undefined> {
    if (!this.#sign) return undefined
    const cutOff = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
    return Promise.race([this.#sign(post), cutOff])
  }
}

function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const zlib = requireOwn('node:zlib') as typeof import('node:zlib')
  return promisify(zlib.gzip)(bytes)
}
