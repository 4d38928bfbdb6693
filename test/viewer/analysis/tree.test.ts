import { describe, expect, it } from 'vitest'
import { analyseTrace } from '../../../src/viewer/analysis/trace-analysis.js'
import { traceOf } from './trace-of.js'

const namesOf = (nodes: readonly { span: { name: string } }[]): string[] => nodes.map(({ span }) => span.name)

describe('the tree of a trace', () => {
  it('has parents before children and siblings by start, in whatever order the spans arrived', () => {
    const spans = traceOf([
      [
        'root',
        {
          at: [0, 100],
          children: [
            ['second', { at: [50, 60] }],
            ['first', { at: [10, 20], children: [['below', { at: [12, 13] }]] }],
          ],
        },
      ],
    ])
    const { nodes, roots, durationMicros } = analyseTrace(spans.toReversed())
    expect(nodes.map(({ span, depth }) => [span.name, depth])).toEqual([
      ['root', 0],
      ['first', 1],
      ['below', 2],
      ['second', 1],
    ])
    expect(namesOf(roots)).toEqual(['root'])
    expect(durationMicros).toBe(100_000)
  })

  it('puts spans whose parent never arrived below a placeholder, and shows all of them', () => {
    const spans = traceOf([
      ['a', { at: [5, 6], parentSpanId: 'aaaaaaaaaaaaaaaa' }],
      ['b', { at: [3, 4], parentSpanId: 'aaaaaaaaaaaaaaaa' }],
      ['c', { at: [0, 9], parentSpanId: 'bbbbbbbbbbbbbbbb' }],
    ])
    const { nodes, roots, orphans, missingParents, mainRoot } = analyseTrace(spans)
    expect(namesOf(nodes)).toEqual(['c', 'b', 'a'])
    expect(roots).toEqual([])
    expect(namesOf(orphans)).toEqual(['c', 'b', 'a'])
    expect(missingParents.map(({ spanId, children }) => [spanId, namesOf(children)])).toEqual([
      ['bbbbbbbbbbbbbbbb', ['c']],
      ['aaaaaaaaaaaaaaaa', ['b', 'a']],
    ])
    expect(mainRoot?.span.name).toBe('c')
  })

  it('has the longest of several roots as its main root, and says how long the trace goes on after it', () => {
    const spans = traceOf([
      ['poll', { at: [0, 1] }],
      ['request', { at: [1, 40], children: [['job', { at: [39, 700] }]] }],
    ])
    const { mainRoot, answeredMicros, goesOnMicros, nodes } = analyseTrace(spans)
    expect(mainRoot?.span.name).toBe('request')
    expect(answeredMicros).toBe(39_000)
    expect(goesOnMicros).toBe(660_000)
    expect(nodes.filter(({ outlivesParent }) => outlivesParent).map(({ span }) => span.name)).toEqual(['job'])
  })

  it('cuts a circle above its earliest span, and a span that is its own parent above itself', () => {
    const spans = traceOf([
      ['late', { at: [5, 6], spanId: 'a000000000000000', parentSpanId: 'c000000000000000' }],
      ['early', { at: [1, 9], spanId: 'b000000000000000', parentSpanId: 'a000000000000000' }],
      ['middle', { at: [3, 4], spanId: 'c000000000000000', parentSpanId: 'b000000000000000' }],
      ['below', { at: [3, 4], parentSpanId: 'c000000000000000' }],
      ['self', { at: [2, 4], spanId: 'd000000000000000', parentSpanId: 'd000000000000000' }],
    ])
    const { nodes, roots } = analyseTrace(spans)
    expect(nodes).toHaveLength(5)
    expect(namesOf(roots)).toEqual(['early', 'self'])
    expect(roots.every(({ isCycleStart }) => isCycleStart)).toBe(true)
    expect(new Set(namesOf(nodes))).toEqual(new Set(['early', 'middle', 'late', 'below', 'self']))
  })

  it('keeps a second span with a used id, and counts one that was sent twice once', () => {
    const [root, child] = traceOf([['root', { at: [0, 10], children: [['child', { at: [1, 2] }]] }]])
    if (root === undefined || child === undefined) throw new Error('no spans')
    const other = { ...child, name: 'other' }
    const { nodes, byId, repeatedSpans } = analyseTrace([root, child, other, { ...child }])
    expect(nodes.map(({ id, hasTakenId }) => [id, hasTakenId])).toEqual([
      ['0000000000000001', false],
      ['0000000000000002', true],
      ['0000000000000002#2', true],
    ])
    expect(byId.get('0000000000000002#2')?.span).toBe(other)
    expect(repeatedSpans).toBe(1)
  })

  it('puts the server half of an id that Zipkin shares below its client half, and the rest below its own service', () => {
    const spans = traceOf([
      ['root', { at: [0, 100], spanId: '1000000000000000' }],
      ['client', { at: [10, 90], kind: 'client', spanId: '2000000000000000', parentSpanId: '1000000000000000' }],
      [
        'server',
        { at: [20, 80], kind: 'server', service: 'b', spanId: '2000000000000000', parentSpanId: '1000000000000000' },
      ],
      ['query', { at: [30, 70], kind: 'client', service: 'b', parentSpanId: '2000000000000000' }],
      ['retry', { at: [85, 88], service: 'shop', parentSpanId: '2000000000000000' }],
    ])
    const { nodes } = analyseTrace(spans)
    expect(nodes.map(({ span, parent }) => [span.name, parent?.span.name])).toEqual([
      ['root', undefined],
      ['client', 'root'],
      ['server', 'client'],
      ['query', 'server'],
      ['retry', 'client'],
    ])
  })

  it('has nothing to say of no spans', () => {
    expect(analyseTrace([])).toMatchObject({
      nodes: [],
      mainRoot: undefined,
      criticalPath: undefined,
      durationMicros: 0,
    })
  })

  it('reads a chain of 20,000 spans and a circle of 20,000', () => {
    const spans = traceOf(Array.from({ length: 20_000 }, (_, n) => [`s${n}`, { at: [n, 40_000 - n] }] as const)).map(
      (span, n, all) => ({ ...span, parentSpanId: all[n - 1]?.spanId }),
    )
    expect(analyseTrace(spans).nodes.at(-1)?.depth).toBe(19_999)
    const circle = spans.map((span) => ({ ...span, parentSpanId: span.parentSpanId ?? spans.at(-1)?.spanId }))
    expect(analyseTrace(circle).nodes.length).toBe(20_000)
  })
})
