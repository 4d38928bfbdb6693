import type { Agent } from 'node:http'
import { promisify } from 'node:util'
import { messageOf } from '../../../internal/diagnostics/diagnostics.js'
import { requireOwn } from '../../../internal/runtime/own-package.js'
import { LONGEST_TIMER_MILLIS } from '../../../internal/async/settled-within.js'
import type { OtlpSettings } from '../../pipeline/otlp-settings.js'
import { retryable } from '../retryable.js'
import { endpointName } from '../endpoint-name.js'
import { answerOf } from './http-answer.js'
import { exchange } from './http-exchange.js'
import { httpOptions } from './http-options.js'
import type { Redact } from '../../../internal/diagnostics/redact.js'
import { serverTextRedactor } from '../redacted-text.js'
import { proxiesToFollow, withProxies } from '../environment-proxies.js'
import type { Answer, Transport } from '../transport.js'

/**
 * OTLP/HTTP, without OpenTelemetry's own exporter: that one repeats requests by itself, keeps `Retry-After` to itself, and
 * waits for ever for a server that sends a byte a second.
 *
 * @throws where a configuration file names what can't be used.
 */
export function httpTransport(settings: OtlpSettings): Transport {
  return new HttpTransport(settings)
}

type Options = ReturnType<typeof httpOptions>['options']

/** What is the same for every request. */
interface Opened {
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly redact: Redact
}

const USER_AGENT = 'spanwright (Node.js)'

class HttpTransport implements Transport {
  readonly endpoint: string
  readonly #options: Options
  readonly #url: URL
  readonly #underWay = new Set<AbortController>()
  #opened: Promise<Opened> | undefined

  constructor(settings: OtlpSettings) {
    const { options, url } = httpOptions(settings)
    this.endpoint = endpointName(url)
    this.#options = options
    this.#url = new URL(url)
  }

  async send(bytes: Uint8Array, timeoutMillis: number): Promise<Answer> {
    const millis = Math.min(timeoutMillis, this.#options.timeoutMillis, LONGEST_TIMER_MILLIS)
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(new Error(`no answer in ${Math.round(millis)} ms`)), millis)
    timer.unref()
    this.#underWay.add(abort)
    try {
      return await this.#attempt(bytes, abort.signal)
    } catch (error) {
      // A header or a certificate that can't be sent; nobody was spoken to.
      return retryable(messageOf(error), { isUnreachable: true })
    } finally {
      clearTimeout(timer)
      this.#underWay.delete(abort)
    }
  }

  close(): void {
    for (const abort of this.#underWay) abort.abort(new Error('the transport was closed'))
    void this.#opened?.then(
      ({ agent }) => agent.destroy(),
      () => undefined,
    )
    this.#opened = undefined
  }

  async #attempt(bytes: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const { agent, headers, redact } = await (this.#opened ??= this.#open())
    const isCompressed = (this.#options.compression as string) === 'gzip'
    const body = isCompressed ? await gzip(bytes) : bytes
    const encoding = isCompressed ? { 'Content-Encoding': 'gzip' } : {}
    const result = await exchange({ url: this.#url, agent, headers: { ...headers, ...encoding }, body, signal })
    const isCutOff = result.kind === 'loss' && signal.aborted
    return answerOf(isCutOff ? { ...result, error: signal.reason as Error } : result, redact)
  }

  async #open(): Promise<Opened> {
    const [agent, headers] = await Promise.all([
      this.#options.agentFactory(this.#url.protocol),
      this.#options.headers(),
    ])
    const proxies = proxiesToFollow()
    const { 'Content-Type': _contentType, ...configured } = headers
    return {
      agent: withProxies(agent, proxies),
      headers: { 'User-Agent': USER_AGENT, ...headers },
      redact: serverTextRedactor(Object.values(configured), [this.#url.href, ...Object.values(proxies)]),
    }
  }
}

function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const zlib = requireOwn('node:zlib') as typeof import('node:zlib')
  return promisify(zlib.gzip)(bytes)
}
