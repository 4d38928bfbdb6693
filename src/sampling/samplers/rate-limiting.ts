import type { TraceState } from '@opentelemetry/api'
import { SamplingDecision, type Sampler, type SamplingResult } from '@opentelemetry/sdk-trace'
import { monotonicClock, type Clock } from '../../internal/runtime/clock.js'
import { probabilityOf, thresholdIn } from '../../internal/trace-state/threshold.js'
import { checkNumber, checkBoolean } from '../../internal/checks/validate.js'
import { alwaysOff } from './always.js'
import { askSampler, type SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { HoldingSampler } from '../decision/close.js'
import { checkClock, checkSamplerOptions, requireNumber, requireSampler } from '../decision/options.js'
import {
  dropped,
  followParent,
  keptUncounted,
  parentOf,
  stateOf,
  nearestThreshold,
} from '../decision/threshold-decision.js'
import { RateController } from '../adaptive/rate-controller.js'

/** What rateLimitingSampler takes. */
export interface RateLimitingOptions {
  /** Traces a second that are kept on average; 0 keeps none. */
  readonly maxTracesPerSecond: number
  /** Traces that may be kept at once after a pause, at least 1. Default: 0.8 seconds' worth, and at least 10. */
  readonly burst?: number | undefined
  /** Decides first; what it keeps is then limited. */
  readonly delegate?: Sampler | undefined
  /**
   * Drops what exceeds the limit even so, for the edge of a system, where callers can choose trace ids that are always
   * kept. What is dropped this way is missing from the counts. Default: false.
   */
  readonly hardLimit?: boolean | undefined
  /** Default: the monotonic clock. */
  readonly clock?: Clock | undefined
}

/** A sampler that also counts what it dropped against the odds. */
export interface RateLimitingSampler extends Sampler {
  /** Traces that their randomness would have kept and `hardLimit` dropped; no weight makes up for them. */
  readonly denied: number
}

/**
 * Keeps at most so many traces a second, by a probability that follows the load. The probability of each decision is
 * written with it, so that counts stay true: 100 traces a second, kept at 10 a second, still add up to 100.
 *
 * One decision a local trace: a span with a local parent follows it. Limits one process: n of them keep n times as much.
 * Not consistent across services, as each has its own load: for that, probabilitySampler, or parentBased around this.
 *
 * @throws TracingConfigError for an option that is out of range
 */
export function rateLimitingSampler(options: RateLimitingOptions): RateLimitingSampler {
  checkSamplerOptions(options, ['maxTracesPerSecond', 'burst', 'delegate', 'hardLimit', 'clock'])
  requireNumber('maxTracesPerSecond', options.maxTracesPerSecond, { min: 0 })
  checkNumber('burst', options.burst, { min: 1 })
  if (options.delegate !== undefined) requireSampler('delegate', options.delegate)
  checkBoolean('hardLimit', options.hardLimit)
  checkClock(options.clock)
  return options.maxTracesPerSecond === 0 ? new KeepsNone(...heldBy(options)) : new RateLimiting(options)
}

const heldBy = ({ delegate }: RateLimitingOptions): readonly Sampler[] => (delegate ? [delegate] : [])

/** Without a rate, the delegate is not asked; it is closed all the same. */
class KeepsNone extends HoldingSampler implements RateLimitingSampler {
  readonly denied = 0
  readonly #off = alwaysOff()

  shouldSample(...parameters: SamplingParameters): SamplingResult {
    return this.#off.shouldSample(...parameters)
  }

  override toString(): string {
    return this.#off.toString()
  }
}

class RateLimiting extends HoldingSampler implements RateLimitingSampler {
  readonly #perSecond: number
  readonly #controller: RateController
  readonly #delegate: Sampler | undefined
  readonly #hardLimit: boolean
  readonly #clock: Clock
  #denied = 0

  constructor(options: RateLimitingOptions) {
    super(...heldBy(options))
    const { maxTracesPerSecond, burst, delegate, hardLimit = false, clock = monotonicClock } = options
    this.#perSecond = maxTracesPerSecond
    this.#controller = new RateController(
      maxTracesPerSecond,
      burst ?? Math.max(10, 0.8 * maxTracesPerSecond),
      clock.nowMillis(),
    )
    this.#delegate = delegate
    this.#hardLimit = hardLimit
    this.#clock = clock
  }

  get denied(): number {
    return this.#denied
  }

  shouldSample(...parameters: SamplingParameters): SamplingResult {
    const [context, traceId] = parameters
    const parent = parentOf(context)
    if (parent !== undefined && parent.isRemote !== true) return followParent(parent, traceId)
    const inherited = stateOf(parent, traceId)
    if (this.#delegate !== undefined) return this.#limit(askSampler(this.#delegate, parameters), traceId, inherited)
    const keepAt = nearestThreshold(this.#controller.next(1, this.#clock.nowMillis()))
    return keepAt.keeps(traceId, inherited) && this.#admits() ? keepAt.result(inherited) : dropped(inherited)
  }

  override toString(): string {
    return `RateLimiting{${this.#perSecond}/s${this.#delegate === undefined ? '' : `, ${this.#delegate.toString()}`}}`
  }

  /** What the delegate keeps at a probability stands for 1 / p traces of the demand; the stricter threshold holds. */
  #limit(proposed: SamplingResult, traceId: string, inherited: TraceState | undefined): SamplingResult {
    if (proposed.decision !== SamplingDecision.RECORD_AND_SAMPLED) return proposed
    const proposedState = proposed.traceState ?? inherited
    const proposedThreshold = thresholdIn(proposedState)
    const ceiling = proposedThreshold === undefined ? 1 : probabilityOf(proposedThreshold)
    const keepAt = nearestThreshold(this.#controller.next(1 / ceiling, this.#clock.nowMillis()))
    const isStricter = keepAt.probability < ceiling
    if (isStricter && !keepAt.keeps(traceId, proposedState)) return dropped(inherited)
    if (!this.#admits()) return dropped(inherited)
    if (proposedThreshold === undefined) return { ...proposed, ...keptUncounted(proposedState) }
    return isStricter ? keepAt.result(proposedState, proposed.attributes) : proposed
  }

  #admits(): boolean {
    if (this.#hardLimit && !this.#controller.hasToken()) {
      this.#denied += 1
      return false
    }
    this.#controller.spend()
    return true
  }
}
