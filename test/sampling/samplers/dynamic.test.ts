import { describe, expect, test } from 'vitest'
import { dynamicSampler, type DynamicSamplerOptions } from '../../../src/sampling/samplers/dynamic.js'
import { waterLevel } from '../../../src/sampling/adaptive/key-shares.js'
import { ask, askChild, isSampled, randomTraceId, seeded, VirtualClock, weightOf } from '../simulation.js'

/** 990 traces a second of one key and 10 of another; the weights at the end. */
function afterSeconds(seconds: number, options: Partial<DynamicSamplerOptions>) {
  const clock = new VirtualClock()
  const sampler = dynamicSampler({ goalTracesPerSecond: 50, clock, ...options })
  const random = seeded(4)
  const last = { frequent: [] as number[], rare: [] as number[] }
  for (let i = 0; i < seconds * 1_000; i++) {
    clock.moveTo(i / 1_000)
    const name = i % 100 === 0 ? 'rare' : 'frequent'
    const weight = weightOf(ask(sampler, randomTraceId(random), name))
    if (i >= (seconds - 20) * 1_000) last[name].push(weight)
  }
  return { last, sampler, clock, random }
}

function shareKept(weights: readonly number[]): number {
  return weights.filter((weight) => weight > 0).length / weights.length
}

test.each<[string, unknown]>([
  ['goalTracesPerSecond', {}],
  ['goalTracesPerSecond', { goalTracesPerSecond: NaN }],
  ['key', { goalTracesPerSecond: 1, key: 'name' }],
  ['weight', { goalTracesPerSecond: 1, weight: 'cubic' }],
  ['intervalSeconds', { goalTracesPerSecond: 1, intervalSeconds: 0 }],
  ['maxKeys', { goalTracesPerSecond: 1, maxKeys: 1.5 }],
  ['recordKey', { goalTracesPerSecond: 1, recordKey: 1 }],
  ['goal', { goal: 1 }],
])('a wrong %s is refused by name', (name, options) => {
  expect(() => dynamicSampler(options as DynamicSamplerOptions)).toThrow(new RegExp(`^${name} must be `))
})

test('of a rare key relatively more is kept than of a frequent one, and both to the goal', () => {
  const { frequent, rare } = afterSeconds(65, {}).last
  expect(shareKept(rare)).toBeGreaterThan(0.9)
  expect(shareKept(frequent)).toBeLessThan(0.06)
  expect((990 * shareKept(frequent) + 10 * shareKept(rare)) / 50).toBeCloseTo(1, 1)
})

test('equal weights give a frequent and a rarer key the same number of traces', () => {
  const { frequent, rare } = afterSeconds(65, { weight: 'equal', goalTracesPerSecond: 10 }).last
  expect((990 * shareKept(frequent)) / (10 * shareKept(rare))).toBeGreaterThan(0.75)
  expect((990 * shareKept(frequent)) / (10 * shareKept(rare))).toBeLessThan(1.33)
})

test('the rates are held over an hour without traces', () => {
  const { sampler, clock, random } = afterSeconds(65, {})
  clock.moveTo(3_665)
  const weights = Array.from({ length: 200 }, () => weightOf(ask(sampler, randomTraceId(random), 'frequent')))
  expect(shareKept(weights)).toBeLessThan(0.15)
})

test('with room for one key all others share one rate', () => {
  const { frequent, rare } = afterSeconds(65, { maxKeys: 1 }).last
  expect(shareKept(rare)).toBeGreaterThan(0.9)
  expect(shareKept(frequent)).toBeLessThan(0.06)
})

test('the key is written to the span when asked for', () => {
  const clock = new VirtualClock()
  const key = ({ attributes }: { attributes: Record<string, unknown> }): string => String(attributes['http.route'])
  const sampler = dynamicSampler({ goalTracesPerSecond: 50, clock, key, recordKey: true })
  const result = ask(sampler, randomTraceId(seeded(1)), 'GET', { 'http.route': '/cart' })
  expect(result.attributes).toEqual({ 'sampling.key': '/cart' })
})

test('a key function that throws, or returns no string, leaves the name as key', () => {
  for (const key of [() => 1 as unknown as string, (): string => expect.unreachable('asked for')]) {
    const sampler = dynamicSampler({ goalTracesPerSecond: 50, clock: new VirtualClock(), key, recordKey: true })
    expect(ask(sampler, randomTraceId(seeded(1)), 'by name').attributes).toEqual({ 'sampling.key': 'by name' })
  }
})

test('a goal of 0 keeps nothing, and a span with a local parent follows it', () => {
  expect(isSampled(ask(dynamicSampler({ goalTracesPerSecond: 0 }), 'f'.repeat(32)))).toBe(false)
  const sampler = dynamicSampler({ goalTracesPerSecond: 50, clock: new VirtualClock() })
  expect(askChild(sampler, { sampled: false, remote: false }).sampled).toBe(false)
  expect(askChild(sampler, { sampled: false, remote: true }).sampled).toBe(true)
})

describe('the water level', () => {
  test('spends the budget exactly', () => {
    const random = seeded(8)
    for (let round = 0; round < 1_000; round++) {
      const demands = Array.from({ length: 20 }, () => ({ count: 1 + 1_000 * random() ** 4, weight: 0.1 + random() }))
      const demanded = demands.reduce((sum, { count }) => sum + count, 0)
      const budget = demanded * (0.01 + 0.98 * random())
      const level = waterLevel(demands, budget)
      const spent = demands.reduce((sum, { count, weight }) => sum + Math.min(count, level * weight), 0)
      expect(spent).toBeCloseTo(budget, 6)
    }
  })

  test('is endless where the budget serves all', () => {
    expect(waterLevel([{ count: 5, weight: 1 }], 5)).toBe(Infinity)
    expect(waterLevel([], 5)).toBe(Infinity)
  })
})
