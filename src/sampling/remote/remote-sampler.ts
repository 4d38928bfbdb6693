import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace'
import { randomInt } from 'node:crypto'
import { monotonicClock, type Clock } from '../../internal/runtime/clock.js'
import { messageOf, warnOnce } from '../../internal/diagnostics/diagnostics.js'
import { checkNumber, checkString, outOfRange } from '../../internal/checks/validate.js'
import { askSampler, type SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { HoldingSampler } from '../decision/close.js'
import { followLocalParent } from '../tail/registry.js'
import { checkClock, checkSamplerOptions, requireSampler } from '../decision/options.js'
import { parentOf } from '../decision/threshold-decision.js'
import { probabilitySampler } from '../samplers/probability.js'
import { rateLimitingSampler } from '../samplers/rate-limiting.js'
import { fetchStrategies, parseStrategies, type Strategies } from './strategies.js'
import { perOperationSampler } from './per-operation.js'

/** Options of {@link remoteSampler}. */
export interface RemoteOptions {
  /** Where Jaeger answers: `http://collector:5778/sampling`. Without a path, `/sampling`. */
  endpoint: string | URL
  /** The service whose strategies are asked for. */
  serviceName: string
  /** Time between two questions, in milliseconds. Default 60,000. */
  pollMillis?: number
  /** Decides until the first answer. Default: one trace in a thousand. */
  initialSampler?: Sampler
  /** Longest time of a parameters, in milliseconds. Default 10,000. */
  timeoutMillis?: number
  /** Longest answer that is read, in bytes. Default 1 MiB. */
  maxBodyBytes?: number
  /** Source of time for rates. Default: monotonic. */
  clock?: Clock
  /** Source of randomness, 0 to below 1, that spreads the questions of a fleet over the interval. */
  random?: () => number
}

/** A sampler that asks a server how to sample. */
export interface RemoteSampler extends Sampler {
  /** Asks no more; what was answered last stays. */
  close(): void
}

const DEFAULTS = { pollMillis: 60_000, timeoutMillis: 10_000, maxBodyBytes: 1_048_576 } as const
const INITIAL_RATIO = 0.001
const FIRST_RETRY_MILLIS = 1_000
const randomFraction = (): number => randomInt(2 ** 32) / 2 ** 32

/**
 * Jaeger remote sampling over HTTP: the server says, for each operation or for the service, at which ratio or rate to
 * sample. Asks at once, and then each interval; the last good answer stays while the server is away.
 *
 * Not for a fleet without a Jaeger (or a collector's jaegerremotesampling): a file of rules needs no server.
 *
 * @throws TracingConfigError for a wrong option.
 */
export function remoteSampler(options: RemoteOptions): RemoteSampler {
  const names = [...Object.keys(DEFAULTS), 'endpoint', 'serviceName', 'initialSampler', 'clock', 'random']
  checkSamplerOptions(options, names)
  const serviceName: unknown = options.serviceName
  checkString('serviceName', serviceName ?? '')
  checkNumber('pollMillis', options.pollMillis, { min: 1 })
  checkNumber('timeoutMillis', options.timeoutMillis, { min: 1 })
  checkNumber('maxBodyBytes', options.maxBodyBytes, { min: 1, integer: true })
  if (options.initialSampler !== undefined) requireSampler('initialSampler', options.initialSampler)
  checkClock(options.clock)
  return new Remote(questionUrl(options.endpoint, options.serviceName), options)
}

class Remote extends HoldingSampler implements RemoteSampler {
  readonly #url: URL
  readonly #settings: Required<Pick<RemoteOptions, 'pollMillis' | 'timeoutMillis' | 'maxBodyBytes'>>
  readonly #clock: Clock
  readonly #random: () => number
  readonly #closing = new AbortController()
  /** Held until the end: other samplers may hold it, too. */
  readonly #initial: Sampler
  #sampler: Sampler
  #lastAnswer = ''
  #failures = 0
  #answers = 0
  #timer: NodeJS.Timeout | undefined

  constructor(url: URL, options: RemoteOptions) {
    const { initialSampler, clock = monotonicClock, random = randomFraction } = options
    const { pollMillis = DEFAULTS.pollMillis, timeoutMillis = DEFAULTS.timeoutMillis } = options
    super()
    this.#url = url
    this.#settings = { pollMillis, timeoutMillis, maxBodyBytes: options.maxBodyBytes ?? DEFAULTS.maxBodyBytes }
    this.#clock = clock
    this.#random = random
    this.#initial = initialSampler ?? probabilitySampler(INITIAL_RATIO)
    this.#sampler = this.#initial
    this.heldSamplers = [this.#initial]
    void this.#ask()
  }

  shouldSample(...parameters: SamplingParameters): SamplingResult {
    const parent = parentOf(parameters[0])
    return parent && !parent.isRemote ? followLocalParent(parent) : askSampler(this.#sampler, parameters)
  }

  override stopItself(): void {
    this.#closing.abort()
    clearTimeout(this.#timer)
  }

  override toString(): string {
    return `Remote{${this.#url.origin}, ${this.#sampler.toString()}}`
  }

  async #ask(): Promise<void> {
    try {
      this.#take(await fetchStrategies(this.#url, this.#settings, this.#closing.signal))
      this.#failures = 0
      this.#answers += 1
    } catch (error) {
      this.#failures += 1
      const now = this.#lastAnswer === '' ? 'its initial sampler decides' : 'the last answer stays'
      if (!this.#closing.signal.aborted) {
        const message = messageOf(error)
        warnOnce(`remote sampling ${message}`, `remote sampling of ${this.#url.origin}: ${message}; ${now}`)
      }
    }
    if (this.#closing.signal.aborted) return
    this.#timer = setTimeout(() => void this.#ask(), this.#waitMillis())
    this.#timer.unref()
  }

  /** An answer that has not changed leaves the samplers, and what they have measured, alone. */
  #take(answer: string): void {
    if (answer === this.#lastAnswer) return
    this.#sampler = samplerFor(parseStrategies(answer), this.#clock)
    this.heldSamplers = [this.#initial, this.#sampler]
    this.#lastAnswer = answer
  }

  /**
   * Full jitter, where a fleet would else ask in step: after the first answer, since all start at once, and after a
   * failure, since all see it at once, from a second up to the interval.
   */
  #waitMillis(): number {
    const { pollMillis } = this.#settings
    if (this.#failures > 0) return this.#random() * Math.min(pollMillis, FIRST_RETRY_MILLIS * 2 ** this.#failures)
    return this.#answers === 1 ? this.#random() * pollMillis : pollMillis
  }
}

function samplerFor(strategies: Strategies, clock: Clock): Sampler {
  switch (strategies.kind) {
    case 'perOperation':
      return perOperationSampler(strategies.defaults, strategies.operations, clock)
    case 'probability':
      return probabilitySampler(strategies.ratio)
    case 'rate':
      return rateLimitingSampler({ maxTracesPerSecond: strategies.maxTracesPerSecond, clock })
  }
}

function questionUrl(endpoint: string | URL, serviceName: string): URL {
  const url = URL.canParse(String(endpoint)) ? new URL(endpoint) : undefined
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw outOfRange('endpoint', 'an http or https URL', endpoint)
  }
  if (url.pathname === '/') url.pathname = '/sampling'
  url.searchParams.set('service', serviceName)
  return url
}
