import type { Sampler } from '@opentelemetry/sdk-trace'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { dynamicSampler } from '../../../src/sampling/samplers/dynamic.js'
import { countBetween, mean, report, seeds, simulate } from '../simulation.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Draws key 1 to `keys`, key k in proportion to k^-alpha. */
function zipf(alpha: number, keys: number): (random: () => number) => string {
  const cumulated: number[] = []
  let sum = 0
  for (let key = 1; key <= keys; key++) cumulated.push((sum += key ** -alpha))
  return (random) => {
    const at = random() * sum
    let low = 0
    let high = keys - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((cumulated[middle] ?? 0) < at) low = middle + 1
      else high = middle
    }
    return `key ${low}`
  }
}

test.each([1, 1.2, 2].flatMap((alpha) => [5, 50, 500].map((keys) => [alpha, keys] as const)))(
  'a Zipf load, α %d, of %d keys keeps to the budget within 2 percent after three intervals',
  (alpha, keys) => {
    const shares = seeds(2).map((seed) => {
      const { kept } = simulate((clock) => dynamicSampler({ goalTracesPerSecond: 100, clock }), {
        seed,
        seconds: 145,
        peak: 2_000,
        rate: () => 2_000,
        name: zipf(alpha, keys),
      })
      return countBetween(kept, 45, 145) / 100 / 100
    })
    report(`Zipf α ${alpha}, ${keys} keys`, `${mean(shares).toFixed(3)} of the budget`)
    expect(Math.abs(mean(shares) - 1)).toBeLessThanOrEqual(0.02)
  },
)

test.each([
  [1, 0.8],
  [2, 0.2],
])('a million traces whose keys come %d times keep to the budget, in bounded memory', (times, atLeast) => {
  let next = 0
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  const goal = 100
  let sampler: Sampler | undefined
  const { kept, arrivals } = simulate((clock) => (sampler = dynamicSampler({ goalTracesPerSecond: goal, clock })), {
    seed: 5,
    seconds: 100,
    peak: 10_000,
    rate: () => 10_000,
    name: () => `key that is made up ${Math.floor(next++ / times)}`,
  })
  collectGarbage()
  const megabytes = (process.memoryUsage().heapUsed - before) / 2 ** 20
  expect(sampler).toBeDefined()
  const share = kept.length / (100 * goal)
  const shown = `${share.toFixed(3)} of the budget (≤ 1.2), heap +${megabytes.toFixed(1)} MB`
  report(`${arrivals} traces, each key ${times} times`, shown)
  expect(share).toBeLessThanOrEqual(1.2)
  expect(share).toBeGreaterThanOrEqual(atLeast)
  expect(arrivals).toBeGreaterThan(990_000)
  expect(megabytes).toBeLessThan(5)
})
