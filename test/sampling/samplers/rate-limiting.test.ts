import { AlwaysOnSampler, type Sampler } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { compareThresholds, thresholdIn } from '../../../src/internal/trace-state/threshold.js'
import { alwaysOff } from '../../../src/sampling/samplers/always.js'
import { probabilitySampler } from '../../../src/sampling/samplers/probability.js'
import { rateLimitingSampler, type RateLimitingOptions } from '../../../src/sampling/samplers/rate-limiting.js'
import { ask, askChild, isSampled, randomTraceId, seeded, VirtualClock, weightOf } from '../simulation.js'

const ALWAYS_KEPT = 'f'.repeat(32)

/** Traces a millisecond apart; the answers of the second half, when the limit holds. */
function flood(sampler: Sampler, clock: VirtualClock, traces: number, traceIdOf: (random: () => number) => string) {
  const random = seeded(1)
  return Array.from({ length: traces }, (_, index) => {
    clock.moveTo((index + 1) / 1_000)
    const traceId = traceIdOf(random)
    return { traceId, result: ask(sampler, traceId) }
  }).slice(traces / 2)
}

test.each<[string, unknown]>([
  ['maxTracesPerSecond', {}],
  ['maxTracesPerSecond', { maxTracesPerSecond: NaN }],
  ['maxTracesPerSecond', { maxTracesPerSecond: -1 }],
  ['burst', { maxTracesPerSecond: 1, burst: 0 }],
  ['delegate', { maxTracesPerSecond: 1, delegate: {} }],
  ['hardLimit', { maxTracesPerSecond: 1, hardLimit: 'yes' }],
  ['clock', { maxTracesPerSecond: 1, clock: {} }],
  ['maxTracesPerSeconds', { maxTracesPerSeconds: 1 }],
])('a wrong %s is refused by name', (name, options) => {
  expect(() => rateLimitingSampler(options as RateLimitingOptions)).toThrow(new RegExp(`^${name} must be `))
})

test('a limit of 0 keeps nothing', () => {
  expect(isSampled(ask(rateLimitingSampler({ maxTracesPerSecond: 0 }), ALWAYS_KEPT))).toBe(false)
})

test('below the limit each trace is kept and counts once', () => {
  const clock = new VirtualClock()
  const sampler = rateLimitingSampler({ maxTracesPerSecond: 100, clock })
  for (let second = 1; second < 50; second++) {
    clock.moveTo(second)
    expect(weightOf(ask(sampler, randomTraceId(seeded(second))))).toBe(1)
  }
})

test('a clock that steps back counts as one that stands still', () => {
  const clock = new VirtualClock()
  const sampler = rateLimitingSampler({ maxTracesPerSecond: 10, clock })
  flood(sampler, clock, 6_000, randomTraceId)
  // From six seconds to none, and on: the last three seconds of six.
  const kept = flood(sampler, clock, 6_000, randomTraceId).filter(({ result }) => isSampled(result))
  expect(kept.length).toBeGreaterThan(20)
  expect(kept.length).toBeLessThan(40)
})

test('trace ids chosen to be kept pass the limit, and do not pass the hard limit, which counts them', () => {
  const clock = new VirtualClock()
  const soft = rateLimitingSampler({ maxTracesPerSecond: 10, clock })
  expect(flood(soft, clock, 4_000, () => ALWAYS_KEPT).every(({ result }) => isSampled(result))).toBe(true)
  expect(soft.denied).toBe(0)

  const hardClock = new VirtualClock()
  const hard = rateLimitingSampler({ maxTracesPerSecond: 10, hardLimit: true, clock: hardClock })
  const kept = flood(hard, hardClock, 4_000, () => ALWAYS_KEPT).filter(({ result }) => isSampled(result))
  expect(kept.length).toBeGreaterThanOrEqual(19)
  expect(kept.length).toBeLessThanOrEqual(21)
  expect(hard.denied).toBeGreaterThan(3_900)
})

test('two seconds after such a flood the sampler keeps the traces of others again', () => {
  const clock = new VirtualClock()
  const sampler = rateLimitingSampler({ maxTracesPerSecond: 10, clock })
  flood(sampler, clock, 60_000, () => ALWAYS_KEPT)
  clock.moveTo(80)
  expect(weightOf(ask(sampler, randomTraceId(seeded(1))))).toBe(1)
})

test('what a delegate keeps is limited, at the stricter of both thresholds', () => {
  const clock = new VirtualClock()
  const sampler = rateLimitingSampler({ maxTracesPerSecond: 10, delegate: probabilitySampler(0.5), clock })
  const kept = flood(sampler, clock, 20_000, randomTraceId).filter(({ result }) => isSampled(result))
  expect(kept.length).toBeGreaterThan(80)
  expect(kept.length).toBeLessThan(120)
  for (const { result } of kept) expect(compareThresholds(thresholdIn(result.traceState) ?? '', '8')).toBe(1)
})

test('what the delegate drops stays dropped, and does not use the limit up', () => {
  const sampler = rateLimitingSampler({ maxTracesPerSecond: 10, delegate: alwaysOff(), clock: new VirtualClock() })
  expect(isSampled(ask(sampler, ALWAYS_KEPT))).toBe(false)
})

test('a delegate that is silent about its threshold is limited, without a threshold', () => {
  const clock = new VirtualClock()
  const sampler = rateLimitingSampler({ maxTracesPerSecond: 10, delegate: new AlwaysOnSampler(), clock })
  const kept = flood(sampler, clock, 20_000, randomTraceId).filter(({ result }) => isSampled(result))
  expect(kept.length).toBeLessThan(120)
  expect(kept.every(({ result }) => thresholdIn(result.traceState) === undefined)).toBe(true)
})

test('a span with a local parent follows it, whatever the load', () => {
  const sampler = rateLimitingSampler({ maxTracesPerSecond: 1, clock: new VirtualClock() })
  for (let i = 0; i < 100; i++) {
    const child = askChild(sampler, { sampled: true, remote: false, tracestate: 'ot=th:c' })
    expect(child).toEqual({ sampled: true, tracestate: 'ot=th:c' })
  }
  expect(askChild(sampler, { sampled: false, remote: false }).sampled).toBe(false)
  expect(askChild(sampler, { sampled: false, remote: true })).toEqual({ sampled: true, tracestate: 'ot=th:0' })
})
