import type { Attributes, SpanKind } from '@opentelemetry/api'
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace'
import { monotonicClock, type Clock } from '../../internal/runtime/clock.js'
import { warnOnce, warnOfError } from '../../internal/diagnostics/diagnostics.js'
import { checkNumber, checkOneOf, checkFunction, checkBoolean } from '../../internal/checks/validate.js'
import { alwaysOff } from './always.js'
import type { SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { KeyShares, type KeyWeight } from '../adaptive/key-shares.js'
import { checkClock, checkSamplerOptions, requireNumber } from '../decision/options.js'
import {
  dropped,
  followParent,
  parentOf,
  stateOf,
  nearestThreshold,
  type ThresholdDecision,
} from '../decision/threshold-decision.js'
import { RateController } from '../adaptive/rate-controller.js'

/** What a key is made from: a span that is about to start. */
export interface SampledSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
}

/** What dynamicSampler takes. */
export interface DynamicSamplerOptions {
  /** Traces a second that are kept of all keys together; 0 keeps none. */
  readonly goalTracesPerSecond: number
  /** What the traces are sorted by. Default: the name of the span. */
  readonly key?: ((sample: SampledSpan) => string) | undefined
  /** What a key's share grows with: `log` (the default) or `sqrt` of its count, or `equal` shares for all. */
  readonly weight?: KeyWeight | undefined
  /** After how many seconds the shares are made anew. Default: 15. */
  readonly intervalSeconds?: number | undefined
  /** Keys with a share of their own; all others have one together. Default: 500. */
  readonly maxKeys?: number | undefined
  /** Writes the key to the span as `sampling.key`. Default: false. */
  readonly recordKey?: boolean | undefined
  /** Default: the monotonic clock. */
  readonly clock?: Clock | undefined
}

const NAMES = ['goalTracesPerSecond', 'key', 'weight', 'intervalSeconds', 'maxKeys', 'recordKey', 'clock']
const DEFAULTS = {
  key: (sample: SampledSpan): string => sample.name,
  weight: 'log',
  intervalSeconds: 15,
  maxKeys: 500,
  recordKey: false,
  clock: monotonicClock,
} as const

/**
 * Keeps about so many traces a second, and of rare keys relatively more than of frequent ones: each key has its own
 * probability, made anew every interval, and written with each decision so that counts stay true. New keys share one
 * budget until the next interval, so that made-up keys cannot flood the backend.
 *
 * Not for keys that never repeat, such as URLs with ids in them: for those, rateLimitingSampler does the same for less. One
 * decision a local trace: a span with a local parent follows it.
 *
 * @throws TracingConfigError for an option that is out of range
 */
export function dynamicSampler(options: DynamicSamplerOptions): Sampler {
  checkSamplerOptions(options, NAMES)
  requireNumber('goalTracesPerSecond', options.goalTracesPerSecond, { min: 0 })
  checkNumber('intervalSeconds', options.intervalSeconds, { min: 1, max: 3_600 })
  checkNumber('maxKeys', options.maxKeys, { min: 1, max: 100_000, integer: true })
  if (options.weight !== undefined) checkOneOf('weight', options.weight, ['log', 'sqrt', 'equal'])
  checkBoolean('recordKey', options.recordKey)
  checkClock(options.clock)
  checkFunction('key', options.key)
  if (options.goalTracesPerSecond === 0) return alwaysOff()
  return new DynamicSampler(options)
}

/** A key longer than this is text, and would be held in memory. */
const LONGEST_KEY = 256
/** Shares are not made anew more often than this, however the load grows: the controller holds the goal meanwhile. */
const SHORTEST_INTERVAL_MILLIS = 1_000
/** Between these the shares are left as they are, so that a key's threshold is the same all through an interval. */
const TOLERATED = { min: 0.8, max: 1.25 } as const
/** After an idle hour the controller would let everything through; the shares hold, up to this. */
const MOST = 2

class DynamicSampler implements Sampler {
  readonly #goal: number
  readonly #key: (sample: SampledSpan) => string
  readonly #recordKey: boolean
  readonly #intervalMillis: number
  readonly #clock: Clock
  readonly #shares: KeyShares
  readonly #controller: RateController
  #beganMillis: number
  #lastMillis: number

  constructor(options: DynamicSamplerOptions) {
    this.#goal = options.goalTracesPerSecond
    this.#key = options.key ?? DEFAULTS.key
    this.#recordKey = options.recordKey ?? DEFAULTS.recordKey
    this.#clock = options.clock ?? DEFAULTS.clock
    const intervalSeconds = options.intervalSeconds ?? DEFAULTS.intervalSeconds
    this.#intervalMillis = intervalSeconds * 1_000
    this.#shares = new KeyShares({
      budget: this.#goal * intervalSeconds,
      weight: options.weight ?? DEFAULTS.weight,
      maxKeys: options.maxKeys ?? DEFAULTS.maxKeys,
    })
    this.#beganMillis = this.#lastMillis = this.#clock.nowMillis()
    this.#controller = new RateController(this.#goal, Math.max(10, 0.8 * this.#goal), this.#beganMillis)
  }

  shouldSample(...parameters: SamplingParameters): SamplingResult {
    const [context, traceId, name, kind, attributes] = parameters
    const parent = parentOf(context)
    if (parent !== undefined && parent.isRemote !== true) return followParent(parent, traceId)
    const key = this.#keyOf({ name, kind, attributes })
    const now = this.#clock.nowMillis()
    this.#renewWhenDue(now)
    const keepAt = this.#held(this.#shares.decisionFor(key), now)
    const inherited = stateOf(parent, traceId)
    if (!keepAt.keeps(traceId, inherited)) return dropped(inherited)
    this.#controller.spend()
    return keepAt.result(inherited, this.#recordKey ? { 'sampling.key': key } : undefined)
  }

  toString(): string {
    return `Dynamic{${this.#goal}/s}`
  }

  /** The key's own threshold, unless all of them together miss the goal. */
  #held(keepAt: ThresholdDecision, now: number): ThresholdDecision {
    const correction = Math.min(MOST, this.#controller.next(keepAt.probability, now))
    if (correction >= TOLERATED.min && correction <= TOLERATED.max) return keepAt
    if (correction > 1 && keepAt.probability === 1) return keepAt
    return nearestThreshold(keepAt.probability * correction)
  }

  #renewWhenDue(now: number): void {
    const elapsed = now - this.#beganMillis
    const isDue = elapsed >= this.#intervalMillis || (this.#shares.isOverrun && elapsed >= SHORTEST_INTERVAL_MILLIS)
    const lastMillis = this.#lastMillis
    this.#lastMillis = now
    if (!isDue) return
    // A pause says nothing about the load that follows it: only the time in which traces came counts.
    const isAfterPause = now - lastMillis >= this.#intervalMillis
    const busyMillis = isAfterPause ? Math.max(this.#intervalMillis, lastMillis - this.#beganMillis) : elapsed
    if (this.#shares.seen > 0) this.#shares.renew(this.#intervalMillis / busyMillis)
    this.#beganMillis = now
  }

  #keyOf(sample: SampledSpan): string {
    try {
      const key: unknown = this.#key(sample)
      if (typeof key === 'string') return key.length <= LONGEST_KEY ? key : key.slice(0, LONGEST_KEY)
      warnOnce('dynamic-key', `the key of dynamicSampler is no string but ${typeof key}; the span's name is used`)
    } catch (error) {
      warnOfError("the key of dynamicSampler failed, the span's name is used", error)
    }
    return sample.name
  }
}
