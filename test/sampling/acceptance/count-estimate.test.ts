import type { Sampler } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { alwaysOn } from '../../../src/sampling/samplers/always.js'
import { anyOf } from '../../../src/sampling/samplers/any-of.js'
import { dynamicSampler } from '../../../src/sampling/samplers/dynamic.js'
import { parentBased } from '../../../src/sampling/samplers/parent-based.js'
import { probabilitySampler } from '../../../src/sampling/samplers/probability.js'
import { rateLimitingSampler } from '../../../src/sampling/samplers/rate-limiting.js'
import { mean, report, seeds, simulate, type VirtualClock } from '../simulation.js'

const SAMPLERS: Readonly<Record<string, (clock: VirtualClock) => Sampler>> = {
  alwaysOn: () => alwaysOn(),
  probability: () => probabilitySampler(0.1),
  'parentBased(probability)': () => parentBased(probabilitySampler(1 / 3)),
  rateLimiting: (clock) => rateLimitingSampler({ maxTracesPerSecond: 20, clock }),
  'rateLimiting(probability)': (clock) =>
    rateLimitingSampler({ maxTracesPerSecond: 20, clock, delegate: probabilitySampler(0.3) }),
  dynamic: (clock) => dynamicSampler({ goalTracesPerSecond: 20, clock }),
  'anyOf(rateLimiting, probability)': (clock) =>
    anyOf(rateLimitingSampler({ maxTracesPerSecond: 20, clock }), probabilitySampler(0.05)),
}

test.each(Object.entries(SAMPLERS))('the weights of %s add up to the true count', (name, makeSampler) => {
  const errors = seeds(30).map((seed) => {
    const { arrivals, estimate } = simulate(makeSampler, {
      seed,
      seconds: 60,
      peak: 400,
      rate: (second) => (second < 20 ? 40 : second < 40 ? 400 : 150),
      name: (random) => `GET /${Math.floor(20 * random() ** 3)}`,
    })
    return estimate / arrivals - 1
  })
  const average = mean(errors)
  const standardError = Math.sqrt(mean(errors.map((error) => (error - average) ** 2)) / (errors.length - 1))
  const shown = `mean error ${(100 * average).toFixed(2)} %, 4·SE ${(400 * standardError).toFixed(2)} %`
  report(`count estimate, ${name}`, shown)
  expect(Math.abs(average)).toBeLessThanOrEqual(4 * standardError + 1e-12)
})
