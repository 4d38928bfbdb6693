import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distributionOf, percentile } from '../../../../src/viewer/analysis/many/numbers.js'
import { operations } from '../../../../src/viewer/analysis/many/operations.js'
import { Values } from '../../../../src/viewer/analysis/many/values.js'
import { weightOf } from '../../../../src/viewer/analysis/many/weight.js'
import { tracesOf } from './many-traces.js'

const ones = (values: readonly number[]): { micros: number; weight: number }[] =>
  values.map((micros) => ({ micros, weight: 1 }))
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)

describe('percentiles', () => {
  it('are there from so many samples on that they say something, and always are a value that was seen', () => {
    expect(distributionOf(ones(upTo(4)))).toEqual({ count: 4, weighted: 4, minMicros: 1, maxMicros: 4 })
    expect(distributionOf(ones(upTo(5)))).toMatchObject({ p50Micros: 3 })
    expect(distributionOf(ones(upTo(19)))).not.toHaveProperty('p95Micros')
    expect(distributionOf(ones(upTo(20)))).toMatchObject({ p50Micros: 10, p95Micros: 19 })
    expect(distributionOf(ones(upTo(99)))).not.toHaveProperty('p99Micros')
    expect(distributionOf(ones(upTo(100)))).toMatchObject({ p50Micros: 50, p95Micros: 95, p99Micros: 99 })
    expect(distributionOf([])).toEqual({ count: 0, weighted: 0, minMicros: 0, maxMicros: 0 })
  })

  it('count a sample as often as it stands for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 6 })), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (drawn, share) => {
          const weighted = drawn.map(([micros, weight]) => ({ micros, weight })).sort((a, b) => a.micros - b.micros)
          const repeated = weighted.flatMap(({ micros, weight }) => Array.from({ length: weight }, () => micros))
          expect(percentile(weighted, share)).toBe(repeated[Math.max(Math.ceil(repeated.length * share - 1e-9) - 1, 0)])
        },
      ),
    )
  })

  it('leave one value out as if it had not been there', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(9), { minLength: 2, maxLength: 30 }),
        fc.nat(5),
        fc.nat(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, zeros, pick, share) => {
          const all = [...values, ...Array.from({ length: zeros }, () => 0)]
          const without = all[pick % all.length] ?? 0
          const rest = all.toSpliced(pick % all.length, 1)
          expect(new Values(values, all.length).rank(share, without)).toBe(new Values(rest, rest.length).rank(share))
        },
      ),
    )
  })
})

describe('weights', () => {
  it('are what a sampler left in the trace state, and 1 where it left nothing that can be read', () => {
    expect(weightOf({ traceState: 'ot=th:c' })).toBe(4)
    expect(weightOf({ traceState: 'vendor=1,ot=rv:00000000000000;th:8' })).toBe(2)
    for (const traceState of ['', 'ot=th:xyz', 'other=th:8', 'ot=th:8;th:c']) expect(weightOf({ traceState })).toBe(1)
  })
})

describe('operations', () => {
  it('are rates, errors and durations of server, consumer and root spans', () => {
    const traces = tracesOf(6, (n) => [
      [
        'GET /',
        {
          at: [0, 10 + n],
          kind: 'server',
          traceState: 'ot=th:8',
          status: n === 0 ? 'error' : 'unset',
          children: [
            ['work', { at: [1, 2] }],
            ['on message', { at: [2, 4], kind: 'consumer', service: 'b' }],
          ],
        },
      ],
    ])
    const found = operations(traces, { coldStarts: new Set([traces[5]?.traceId ?? '']) })
    expect(found.map(({ service, name }) => `${service} ${name}`)).toEqual(['shop GET /', 'b on message'])
    expect(found[0]).toMatchObject({ kind: 'server', count: 6, weighted: 12, failed: 1, weightedFailed: 2 })
    expect(found[0]?.durations).toEqual({
      count: 5,
      weighted: 10,
      minMicros: 10_000,
      maxMicros: 14_000,
      p50Micros: 12_000,
    })
  })
})
