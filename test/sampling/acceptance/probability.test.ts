import { expect, test } from 'vitest'
import { encodeThreshold, probabilityOf } from '../../../src/internal/trace-state/threshold.js'
import { probabilitySampler } from '../../../src/sampling/samplers/probability.js'
import { ask, isSampled, randomTraceId, report, seeded } from '../simulation.js'

const MILLION = 1_000_000
const RATIOS = [1, 0.99, 0.9, 2 / 3, 0.5, 1 / 3, 0.25, 0.1, 0.05, 0.01, 1e-3, 1e-4, 1e-5]

test('a ratio keeps its share of a million traces, within 4 standard deviations', () => {
  const samplers = RATIOS.map((ratio) => probabilitySampler(ratio))
  const kept = RATIOS.map(() => 0)
  const random = seeded(11)
  for (let i = 0; i < MILLION; i++) {
    const traceId = randomTraceId(random)
    samplers.forEach(
      (sampler, index) => (kept[index] = (kept[index] ?? 0) + (isSampled(ask(sampler, traceId)) ? 1 : 0)),
    )
  }
  const deviations = RATIOS.map((ratio, index) => {
    const probability = probabilityOf(encodeThreshold(ratio))
    const deviation = Math.sqrt(MILLION * probability * (1 - probability))
    return deviation === 0
      ? Math.abs((kept[index] ?? 0) - MILLION)
      : ((kept[index] ?? 0) - MILLION * probability) / deviation
  })
  report('ratio, 1e6 ids × 13 ratios', `worst ${Math.max(...deviations.map(Math.abs)).toFixed(2)} σ (≤ 4)`)
  for (const deviation of deviations) expect(Math.abs(deviation)).toBeLessThanOrEqual(4)
})

test('the digits of the randomness that is kept are uniform (χ², p > 1e-4)', () => {
  const sampler = probabilitySampler(0.5)
  const random = seeded(12)
  // The first digit of what is kept has 8 values, each other one 16.
  const counts = Array.from({ length: 14 }, () => new Array<number>(16).fill(0))
  let kept = 0
  for (let i = 0; i < MILLION; i++) {
    const traceId = randomTraceId(random)
    if (!isSampled(ask(sampler, traceId))) continue
    kept += 1
    counts.forEach((count, digit) => {
      const value = parseInt(traceId.charAt(18 + digit), 16)
      count[value] = (count[value] ?? 0) + 1
    })
  }
  const squares = counts.map((count, digit) => {
    const values = digit === 0 ? count.slice(8) : count
    const expected = kept / values.length
    return values.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0)
  })
  report("χ² on R's digits", `worst ${Math.max(...squares.slice(1)).toFixed(1)} of 15 degrees (≤ 44.3)`)
  expect(counts[0]?.slice(0, 8)).toEqual(new Array<number>(8).fill(0))
  expect(squares[0]).toBeLessThan(29.9)
  for (const square of squares.slice(1)) expect(square).toBeLessThan(44.3)
})

test('what a smaller ratio keeps, every larger one keeps: a million traces, ten pairs', () => {
  const ratios = [1e-4, 1e-3, 0.01, 0.05, 0.1, 0.25, 0.333, 0.5, 0.75, 0.9, 1]
  const samplers = ratios.map((ratio) => probabilitySampler(ratio))
  const random = seeded(13)
  let violations = 0
  for (let i = 0; i < MILLION; i++) {
    const traceId = randomTraceId(random)
    let smallerKeeps = false
    for (const sampler of samplers) {
      const keeps = isSampled(ask(sampler, traceId))
      if (smallerKeeps && !keeps) violations += 1
      smallerKeeps = keeps
    }
  }
  report('nested ratios, 1e6 × 10 pairs', `${violations} violations`)
  expect(violations).toBe(0)
})
