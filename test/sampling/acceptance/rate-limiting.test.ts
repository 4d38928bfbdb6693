import { expect, test } from 'vitest'
import type { Sampler } from '@opentelemetry/sdk-trace'
import { rateLimitingSampler } from '../../../src/sampling/samplers/rate-limiting.js'
import { countBetween, mean, report, seeds, simulate, worstWindow, type Run, type VirtualClock } from '../simulation.js'

const THIRTY = seeds(30)

function limit(maxTracesPerSecond: number): (clock: VirtualClock) => Sampler {
  return (clock) => rateLimitingSampler({ maxTracesPerSecond, clock })
}

function runs(r: number, seconds: number, peak: number, rate: (second: number) => number, some = THIRTY): Run[] {
  return some.map((seed) => simulate(limit(r), { seed, seconds, peak, rate }))
}

test.each([10, 50, 200])('a steady tenfold load is kept at the limit of %d within 3 percent over a minute', (r) => {
  const kept = runs(r, 80, 10 * r, () => 10 * r, seeds(5)).map(({ kept }) => countBetween(kept, 20, 80) / 60 / r)
  report(`steady rate, 10×, r = ${r}`, kept.map((share) => share.toFixed(3)).join(' '))
  for (const share of kept) expect(Math.abs(share - 1)).toBeLessThanOrEqual(0.03)
})

test.each([50, 100])('the five seconds after a tenfold step keep at most 1.10 of the limit of %d', (r) => {
  const steps = runs(r, 35, 10 * r, (second) => (second < 30 ? r : 10 * r))
  const share = mean(steps.map(({ kept }) => countBetween(kept, 30, 35) / 5 / r))
  report(`10× step, first 5 s, r = ${r}`, `${share.toFixed(3)} r (≤ 1.10)`)
  expect(share).toBeLessThanOrEqual(1.1)
})

const BURSTS: Readonly<Record<string, (r: number) => (second: number) => number>> = {
  'idle, then 100×': (r) => (second) => (second < 60 ? 0 : 100 * r),
  '0.8×, then 100×': (r) => (second) => (second < 30 ? 0.8 * r : 100 * r),
  '1×, then 100×': (r) => (second) => (second < 30 ? r : 100 * r),
  '10×, then 100×': (r) => (second) => (second < 30 ? 10 * r : 100 * r),
}

test.each(Object.entries(BURSTS))('no second of "%s" keeps more than the limit and the burst', (name, rateOf) => {
  for (const r of [10, 50]) {
    const burst = Math.max(10, 0.8 * r)
    const worst = Math.max(...runs(r, 62, 100 * r, rateOf(r)).map(({ kept }) => worstWindow(kept, 1)))
    report(`worst second, ${name}, r = ${r}`, `${(worst / r).toFixed(2)} r`)
    expect(worst).toBeLessThanOrEqual(r + burst)
    if (r >= 50) expect(worst).toBeLessThanOrEqual(1.9 * r)
  }
})

test('five seconds after a tenfold step down at least 0.8 of the limit is kept', () => {
  for (const r of [50, 100]) {
    const downs = runs(r, 66, 100 * r, (second) => (second < 60 ? 100 * r : 10 * r), seeds(10))
    const share = mean(downs.map(({ kept }) => countBetween(kept, 64, 65) / r))
    report(`step down 10×, fifth second, r = ${r}`, `${share.toFixed(2)} r (≥ 0.8)`)
    expect(share).toBeGreaterThanOrEqual(0.8)
  }
})

test('a sinusoid is kept at the limit, and no five seconds of it exceed 1.2 of it', () => {
  const r = 50
  const waves = runs(r, 180, 10 * r, (second) => r * (5.5 + 4.5 * Math.sin((second * Math.PI) / 30)), seeds(10))
  const worst = Math.max(...waves.map(({ kept }) => worstWindow(kept, 5) / 5 / r))
  const utilisation = Math.min(...waves.map(({ kept }) => kept.length / 180 / r))
  report('sinusoid', `worst 5 s ${worst.toFixed(2)} r (≤ 1.2), utilisation ${utilisation.toFixed(3)} (≥ 0.95)`)
  expect(worst).toBeLessThanOrEqual(1.2)
  expect(utilisation).toBeGreaterThanOrEqual(0.95)
})

test('load that goes on and off keeps at most 1.2 of the limit in any five seconds', () => {
  const r = 50
  const worst = Math.max(
    ...runs(r, 120, 10 * r, (second) => (second % 20 < 10 ? 10 * r : 0), seeds(10)).map(
      ({ kept }) => worstWindow(kept, 5) / 5 / r,
    ),
  )
  report('on/off', `worst 5 s ${worst.toFixed(2)} r (≤ 1.2)`)
  expect(worst).toBeLessThanOrEqual(1.2)
})

test.each([
  [10, 0.8, 0.98],
  [10, 0.9, 0.96],
  [50, 0.8, 0.99],
  [50, 0.9, 0.99],
])('below the limit of %d, at %d of it, at least %d of the load is kept', (r, load, demanded) => {
  const shares = runs(r, 200, r * load, () => r * load, seeds(10)).map(({ kept, arrivals }) => kept.length / arrivals)
  report(`utilisation at ${load} r, r = ${r}`, mean(shares).toFixed(3))
  expect(mean(shares)).toBeGreaterThanOrEqual(demanded)
})
