import type { Context } from '@opentelemetry/api'
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace'
import { KEEP_ALL } from '../../internal/trace-state/threshold.js'
import { dropped, inheritedState, ThresholdDecision } from '../decision/threshold-decision.js'

/**
 * Keeps every span, whatever its parent decided, and says so: `th:0`, each span counts once. For development and for few
 * requests; in production, probabilitySampler or rateLimitingSampler.
 */
export function alwaysOn(): Sampler {
  return new AlwaysOn()
}

/** Keeps no span. To turn tracing off altogether, `OTEL_SDK_DISABLED=true` costs less. */
export function alwaysOff(): Sampler {
  return new AlwaysOff()
}

class AlwaysOn implements Sampler {
  readonly #all = new ThresholdDecision(KEEP_ALL)

  shouldSample(context: Context, traceId: string): SamplingResult {
    return this.#all.result(inheritedState(context, traceId))
  }

  toString(): string {
    return 'AlwaysOn'
  }
}

class AlwaysOff implements Sampler {
  shouldSample(context: Context, traceId: string): SamplingResult {
    return dropped(inheritedState(context, traceId))
  }

  toString(): string {
    return 'AlwaysOff'
  }
}
