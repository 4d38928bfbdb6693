import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace'
import type { Clock } from '../../internal/runtime/clock.js'
import type { SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { dropped, inheritedState, nearestThreshold } from '../decision/threshold-decision.js'
import type { OperationStrategy, OperationTable } from './strategies.js'

/** How far back the rate of an operation is looked at. */
const WINDOW_MILLIS = 10_000
/** Operations that the server did not name share what is measured, once there are this many in all. */
const MOST_OPERATIONS = 256

/** p = min(1, max(p_op, lowerBound / λ̂_op)), where λ̂ is the measured rate of the operation. */
export function perOperationSampler(defaults: OperationStrategy, operations: OperationTable, clock: Clock): Sampler {
  const rates = new Map<string, OperationRate>()
  for (const [name, strategy] of operations) rates.set(name, new OperationRate(strategy, clock))
  const others = new OperationRate(defaults, clock)
  const rateOf = (name: string): OperationRate => {
    const known = rates.get(name)
    if (known) return known
    if (rates.size >= MOST_OPERATIONS) return others
    const created = new OperationRate(defaults, clock)
    rates.set(name, created)
    return created
  }
  return {
    shouldSample(...[context, traceId, name]: SamplingParameters): SamplingResult {
      const inherited = inheritedState(context, traceId)
      const probability = rateOf(name).nextProbability()
      return probability > 0 ? nearestThreshold(probability).decide(traceId, inherited) : dropped(inherited)
    },
    toString: () => `PerOperation{${operations.size} operations, else ${defaults.ratio}}`,
  }
}

class OperationRate {
  readonly #strategy: OperationStrategy
  readonly #clock: Clock
  readonly #startedAt: number
  #lastAt: number
  #recent = 0

  constructor(strategy: OperationStrategy, clock: Clock) {
    this.#strategy = strategy
    this.#clock = clock
    this.#startedAt = this.#lastAt = clock.nowMillis()
  }

  /** Counts one arrival. */
  nextProbability(): number {
    const { ratio, lowerBound } = this.#strategy
    const now = this.#clock.nowMillis()
    this.#recent = this.#recent * Math.exp(-Math.max(0, now - this.#lastAt) / WINDOW_MILLIS) + 1
    this.#lastAt = now
    // In its first seconds an operation has been seen for less than the window; without this its rate would be too low.
    const seenFor = WINDOW_MILLIS * (1 - Math.exp(-Math.max(1_000, now - this.#startedAt) / WINDOW_MILLIS))
    const perSecond = (this.#recent / seenFor) * 1_000
    return Math.min(1, Math.max(ratio, lowerBound / perSecond))
  }
}
