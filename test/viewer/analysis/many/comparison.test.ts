import { describe, expect, it } from 'vitest'
import { bubbleUp } from '../../../../src/viewer/analysis/many/bubble-up.js'
import { compareTraces } from '../../../../src/viewer/analysis/many/compare.js'
import { flameOf } from '../../../../src/viewer/analysis/many/flame.js'
import { baselineOf, whySlow, type SlowExplanation } from '../../../../src/viewer/analysis/many/why-slow.js'
import type { TraceAnalysis } from '../../../../src/viewer/analysis/trace-analysis.js'
import type { PlannedSpan } from '../trace-of.js'
import { tracesOf } from './many-traces.js'

const stock = (at: [number, number]): PlannedSpan => [
  'pg.query',
  {
    at,
    kind: 'client',
    attributes: { 'db.system': 'postgresql', 'db.query.text': 'SELECT n FROM stock WHERE sku = $1' },
  },
]
const usual = (n: number): PlannedSpan[] => [
  ['GET /cart', { at: [0, 80 + n], kind: 'server', children: [stock([10, 19]), ['render', { at: [30, 50] }]] }],
]
const one = (...roots: PlannedSpan[]): TraceAnalysis => {
  const [trace] = tracesOf(1, () => roots, 900)
  if (trace === undefined) throw new Error('no trace')
  return trace
}
const explained = (trace: TraceAnalysis, others: readonly TraceAnalysis[]): SlowExplanation =>
  whySlow(trace, baselineOf(trace, [...others, trace]))

describe('why a trace was slow', () => {
  const queries = Array.from({ length: 14 }, (_, n) => stock([10 + n * 27, 10 + n * 27 + 27]))
  const slow = one([
    'GET /cart',
    { at: [0, 500], kind: 'server', children: [...queries, ['render', { at: [400, 420] }]] },
  ])

  it('is what took longer than in the others of its kind, and how often it ran', () => {
    const explanation = explained(slow, tracesOf(30, usual))
    expect(explanation).toMatchObject({
      comparedWith: 30,
      medianMicros: 94_000,
      excessMicros: 406_000,
      isUnusual: true,
    })
    expect(explanation.parts[0]).toMatchObject({
      usuallyMicros: 9_000,
      hereMicros: 378_000,
      hereCount: 14,
      usualCount: 1,
      isNew: false,
    })
    expect(explanation.sentence).toBe(
      '406 ms slower than usual (median 94 ms of 30). 369 ms of it: shop `select n from stock where sku = ?` (usually 9.0 ms, here 378 ms). It ran 14 times instead of 1.',
    )
  })

  it('names what no other has, and what is missing', () => {
    const other = one([
      'GET /cart',
      { at: [0, 500], kind: 'server', children: [stock([10, 19]), ['fraud check', { at: [50, 450] }]] },
    ])
    const explanation = explained(other, tracesOf(12, usual))
    expect(explanation.parts[0]).toMatchObject({ isNew: true, hereMicros: 400_000 })
    expect(explanation.missing.map(({ name }) => name)).toEqual(['render'])
    expect(explanation.sentence).toMatch(/no other has it.*Most others have shop `render`, which is missing here\.$/)
  })

  it('compares nothing with fewer than ten others, other kinds, cold starts and failures', () => {
    expect(explained(slow, tracesOf(9, usual))).toMatchObject({
      comparedWith: 9,
      parts: [],
      sentence: 'Only 9 others: no comparison.',
    })
    const failed = tracesOf(30, (n) => [['GET /cart', { at: [0, 80 + n], kind: 'server', status: 'error' }]])
    expect(explained(slow, failed).comparedWith).toBe(0)
    const cold = tracesOf(12, usual)
    expect(baselineOf(slow, cold, { coldStarts: new Set(cold.map(({ traceId }) => traceId)) }).traces).toBe(0)
  })

  it('finds nothing about a trace that is like the others', () => {
    const others = tracesOf(30, usual)
    const [, second] = others
    if (second === undefined) throw new Error('no trace')
    expect(explained(second, others.slice(2))).toMatchObject({ isUnusual: false, parts: [] })
  })
})

describe('the comparison of two traces', () => {
  it('has operations by path, the largest difference on the critical path first', () => {
    const a = one([
      'GET /cart',
      { at: [0, 100], kind: 'server', children: [stock([10, 20]), ['render', { at: [30, 50] }]] },
    ])
    const b = one([
      'GET /cart',
      { at: [0, 190], kind: 'server', children: [stock([10, 100]), stock([100, 110]), ['log', { at: [120, 125] }]] },
    ])
    const [query, render, root, log] = compareTraces(a, b)
    expect(query?.path).toMatchObject({ name: 'select n from stock where sku = ?', depth: 1 })
    expect(query).toMatchObject({
      a: { count: 1, pathMicros: 10_000 },
      b: { count: 2, pathMicros: 100_000 },
      differenceMicros: 90_000,
    })
    expect(render).toMatchObject({ b: undefined, differenceMicros: -20_000 })
    expect([root?.path.name, log?.path.name]).toEqual(['GET /cart', 'log'])
    expect(log?.a).toBeUndefined()
  })
})

describe('the flame of operations', () => {
  it('has the mean self time of all traces, by weight', () => {
    const traces = tracesOf(2, (n) => [
      [
        'GET /',
        {
          at: [0, 10],
          kind: 'server',
          traceState: n === 0 ? 'ot=th:c' : 'ot=th:0',
          children: n === 0 ? [['work', { at: [1, 6] }]] : [],
        },
      ],
    ])
    const [root] = flameOf(traces)
    expect(root).toMatchObject({
      name: 'GET /',
      count: 2,
      traces: 2,
      selfMicros: (5_000 * 4 + 10_000) / 5,
      widthMicros: 10_000,
    })
    expect(root?.children).toMatchObject([{ name: 'work', traces: 1, selfMicros: 4_000, depth: 1 }])
  })

  it('draws alike children that ran at once as one, as wide as the time that passed', () => {
    const [root] = flameOf(
      tracesOf(1, () => [
        ['GET /', { at: [0, 100], children: [0, 1, 2, 3].map(() => ['call', { at: [10, 60] }] as const) }],
      ]),
    )
    expect(root?.children).toMatchObject([{ name: 'call', count: 4, atOnce: 4, selfMicros: 50_000 }])
    expect(root?.widthMicros).toBe(100_000)
  })
})

describe('what a selection has in common', () => {
  const trace = (region: string, size: number, id: number): PlannedSpan[] => [
    ['GET /', { at: [0, 10], attributes: { region, size, 'request.id': `r${id}`, same: 'x' } }],
  ]

  it('is the attribute values whose share differs most, with counts', () => {
    const selection = tracesOf(9, (n) => trace('eu', 1_000 + n, n))
    const others = tracesOf(80, (n) => trace(n < 3 ? 'eu' : 'us', n, 100 + n), 100)
    const lines = bubbleUp(selection, others)
    expect(lines).toContainEqual({ key: 'region', value: 'eu', selected: 9, ofSelected: 9, others: 3, ofOthers: 80 })
    expect(lines.find(({ key, selected }) => key === 'size' && selected > 0)).toMatchObject({
      selected: 9,
      value: '66 to 1008',
    })
    expect(lines.map(({ key }) => key)).not.toContain('request.id')
    expect(lines.map(({ key }) => key)).not.toContain('same')
  })

  it('is nothing for fewer than five traces', () => {
    expect(
      bubbleUp(
        tracesOf(4, (n) => trace('eu', n, n)),
        tracesOf(9, (n) => trace('us', n, n), 50),
      ),
    ).toEqual([])
  })
})
