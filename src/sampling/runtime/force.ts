import { createContextKey, type Context, type TextMapGetter, type TextMapPropagator } from '@opentelemetry/api'
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace'
import { createHash, timingSafeEqual } from 'node:crypto'
import { KEEP_ALL } from '../../internal/trace-state/threshold.js'
import { checkKeys, checkPlainObject, checkString, wrongType, outOfRange } from '../../internal/checks/validate.js'
import type { SamplingParameters } from '../../internal/trace-state/ask-sampler.js'
import { FORCED } from './decision-log.js'
import { rootDecisionFor } from '../tail/root-decision.js'
import { inheritedState, ThresholdDecision } from '../decision/threshold-decision.js'

/** A request header by which someone who knows the secret has a trace kept, whole and at any rate. */
export interface ForceOptions {
  /** The header's name, such as `x-trace-me`; case does not matter. */
  header: string
  /** What the header must carry; compared in constant time. At least 16 characters. */
  secret: string
}

const SHORTEST_SECRET = 16
const IS_FORCED = createContextKey('spanwright.force')

/** @throws TracingConfigError for a missing or short part: `force.secret must be …`. The message never has the secret. */
export function checkForce(force: ForceOptions): void {
  checkPlainObject('force', force)
  checkKeys('force.', force, ['header', 'secret'])
  for (const name of ['header', 'secret'] as const) {
    if (typeof force[name] !== 'string') throw wrongType(`force.${name}`, 'a string', typeof force[name])
  }
  checkString('force.header', force.header)
  if (force.secret.length >= SHORTEST_SECRET) return
  const allowed = `a string of at least ${SHORTEST_SECRET} characters`
  throw outOfRange('force.secret', allowed, `${force.secret.length} characters`)
}

/**
 * Reads the header, to stand beside the other propagators. It only marks the context: the header is not passed on, so that
 * no callee learns the secret; they see a sampled parent with `th:0`.
 */
export function forcePropagator({ header, secret }: ForceOptions): TextMapPropagator {
  const name = header.toLowerCase()
  const wanted = digest(secret)
  return {
    inject() {},
    extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
      const value = getter.get(carrier, name) ?? getter.get(carrier, header)
      const values = value === undefined ? [] : [value].flat()
      // Digests have one length, and timingSafeEqual takes the same time for any two of them.
      const isForced = values.some((given) => timingSafeEqual(digest(given), wanted))
      return isForced ? context.setValue(IS_FORCED, true) : context
    },
    fields: () => [],
  }
}

/** Keeps what the propagator has marked, with `th:0`; the sampler decides about everything else. */
export function forcedSampler(sampler: Sampler): Sampler {
  const all = new ThresholdDecision(KEEP_ALL)
  return {
    shouldSample(...parameters: SamplingParameters): SamplingResult {
      const [context, traceId] = parameters
      if (context.getValue(IS_FORCED) !== true) return sampler.shouldSample(...parameters)
      rootDecisionFor(traceId).sampler = FORCED
      return all.result(inheritedState(context, traceId))
    },
    toString: () => sampler.toString(),
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
