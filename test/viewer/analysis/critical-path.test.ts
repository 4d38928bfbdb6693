import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CriticalPath } from '../../../src/viewer/analysis/critical-path.js'
import { analyseTrace } from '../../../src/viewer/analysis/trace-analysis.js'
import type { ReceivedSpan, ReceivedSpanKind } from '../../../src/viewer/model/received-span.js'
import { MORNING_MICROS, traceOf, type PlannedSpan } from './trace-of.js'

function pathOf(roots: readonly PlannedSpan[]): CriticalPath {
  const path = analyseTrace(traceOf(roots)).criticalPath
  if (path === undefined) throw new Error('no path')
  return path
}

function shown({ sections }: CriticalPath): string[] {
  return sections.map(
    ({ node, startMicros, endMicros, isAssumed }) =>
      `${node.span.name} ${startMicros / 1_000}–${endMicros / 1_000}${isAssumed ? ' assumed' : ''}`,
  )
}

describe('the critical path', () => {
  it('goes through calls one after another, and is the own time of the span above them between', () => {
    const path = pathOf([
      [
        'root',
        {
          at: [0, 100],
          children: [
            ['a', { at: [10, 40] }],
            ['b', { at: [50, 90] }],
          ],
        },
      ],
    ])
    expect(shown(path)).toEqual(['root 0–10', 'a 10–40', 'root 40–50', 'b 50–90', 'root 90–100'])
  })

  it('takes the one of several calls at once that ended last, and calls that assumed', () => {
    const path = pathOf([
      [
        'root',
        {
          at: [0, 100],
          children: [
            ['a', { at: [10.2, 40] }],
            ['b', { at: [10.3, 90] }],
          ],
        },
      ],
    ])
    expect(shown(path)).toEqual(['root 0–10.2', 'a 10.2–10.3 assumed', 'b 10.3–90 assumed', 'root 90–100'])
    expect(path.assumptions).toBe(2)
  })

  it('has another reading where several ran at the same moment, and none where they did not', () => {
    const trace = traceOf([
      [
        'root',
        {
          at: [0, 100],
          children: [
            ['a', { at: [10, 60] }],
            ['b', { at: [20, 55] }],
            ['then', { at: [50, 100] }],
          ],
        },
      ],
    ])
    const first = analyseTrace(trace).criticalPath
    const other = analyseTrace(trace, { takesOtherReading: true }).criticalPath
    if (!first || !other) throw new Error('no path')
    expect(first.hasOther).toBe(true)
    expect(shown(first).map((each) => each.split(' ')[0])).toEqual(['root', 'a', 'then'])
    expect(shown(other)).toEqual(['root 0–10', 'a 10–20 assumed', 'b 20–50 assumed', 'then 50–100 assumed'])
    const alone = pathOf([['root', { at: [0, 100], children: [['a', { at: [10, 60] }]] }]])
    expect(alone.hasOther).toBe(false)
  })

  it('calls what is below an assumed span assumed, too', () => {
    const below: PlannedSpan = ['below', { at: [20, 80] }]
    const path = pathOf([
      [
        'root',
        {
          at: [0, 100],
          children: [
            ['a', { at: [10, 95], children: [below] }],
            ['b', { at: [30, 40] }],
          ],
        },
      ],
    ])
    expect(shown(path)).toEqual([
      'root 0–10',
      'a 10–20 assumed',
      'below 20–80 assumed',
      'a 80–95 assumed',
      'root 95–100',
    ])
  })

  it('does not blame the parent where a clock of whole milliseconds makes steps overlap', () => {
    const path = pathOf([
      [
        'root',
        {
          at: [0, 100],
          children: [
            ['a', { at: [10, 50.4] }],
            ['b', { at: [50, 90] }],
          ],
        },
      ],
    ])
    expect(path.sections.map(({ node }) => node.span.name)).toEqual(['root', 'a', 'b', 'root'])
  })

  it('takes one that had just ended when the next began before one that was still at work then', () => {
    const children: PlannedSpan[] = [
      ['long', { at: [5, 70] }],
      ['a', { at: [10, 50.4] }],
      ['b', { at: [50, 90] }],
    ]
    expect(shown(pathOf([['root', { at: [0, 100], children }]]))).toEqual([
      'root 0–5',
      'long 5–10 assumed',
      'a 10–50 assumed',
      'b 50–90 assumed',
      'root 90–100',
    ])
  })

  it('takes a clock of whole milliseconds for less exact than others', () => {
    const children = (start: number): PlannedSpan[] => [
      ['long', { at: [5, 70] }],
      ['a', { at: [10, start + 0.4] }],
      ['b', { at: [start, 90] }],
    ]
    const names = (start: number): string[] =>
      pathOf([['root', { at: [0, 100], children: children(start) }]]).sections.map(({ node }) => node.span.name)
    expect(names(50)).toContain('a')
    expect(names(50.001)).not.toContain('a')
  })

  it('leaves out what ends after its parent, and consumers of messages', () => {
    const path = pathOf([
      [
        'root',
        {
          at: [0, 100],
          children: [
            ['send', { at: [10, 20], kind: 'producer', children: [['receive', { at: [11, 19], kind: 'consumer' }]] }],
            ['later', { at: [30, 400] }],
          ],
        },
      ],
    ])
    expect(shown(path)).toEqual(['root 0–10', 'send 10–20', 'root 20–100'])
  })

  it('counts a server for as long as its client waited', () => {
    const server: PlannedSpan = ['server', { at: [20, 200], kind: 'server', service: 'b' }]
    const path = pathOf([['client', { at: [0, 100], kind: 'client', children: [server] }]])
    expect(shown(path)).toEqual(['client 0–20', 'server 20–100'])
  })

  it('is none while the root has not ended', () => {
    expect(analyseTrace(traceOf([['root', { at: [0] }]])).criticalPath).toBeUndefined()
  })

  const kinds = fc.constantFrom<ReceivedSpanKind>('internal', 'client', 'server', 'producer', 'consumer')
  const spans: fc.Arbitrary<ReceivedSpan[]> = fc
    .array(
      fc.record({
        parent: fc.nat(),
        start: fc.oneof(fc.nat(60), fc.double({ min: 0, max: 60, noNaN: true })),
        length: fc.oneof(fc.nat(60), fc.double({ min: 0, max: 60, noNaN: true })),
        kind: kinds,
      }),
      { minLength: 1, maxLength: 40 },
    )
    .map((drawn) =>
      traceOf(drawn.map(({ start, length, kind }, n) => [`s${n}`, { at: [start, start + length], kind }] as const)).map(
        (span, n, all) => ({ ...span, parentSpanId: n === 0 ? undefined : all[(drawn[n]?.parent ?? 0) % n]?.spanId }),
      ),
    )

  it('covers the root from start to end without gap or overlap, whatever the spans are', () => {
    fc.assert(
      fc.property(spans, fc.boolean(), (trace, takesOtherReading) => {
        const { criticalPath, nodes } = analyseTrace(trace, { takesOtherReading })
        let reached = criticalPath?.root.startMicros
        for (const { startMicros, endMicros } of criticalPath?.sections ?? []) {
          expect(startMicros).toBe(reached)
          expect(endMicros).toBeGreaterThan(startMicros)
          reached = endMicros
        }
        expect(reached).toBe(criticalPath?.root.endMicros)
        const total = nodes.reduce((sum, { pathMicros }) => sum + pathMicros, 0)
        expect(total).toBeCloseTo(criticalPath?.durationMicros ?? 0, 2)
      }),
    )
  })

  it("has as a span's own sections time in which none of its blocking children runs, so that the root's are its self time", () => {
    fc.assert(
      fc.property(spans, fc.boolean(), (trace, takesOtherReading) => {
        const path = analyseTrace(trace, { takesOtherReading }).criticalPath
        for (const { node, startMicros, endMicros } of path?.sections ?? []) {
          for (const child of node.children.filter(({ isBlocking }) => isBlocking)) {
            const overlap = Math.min(endMicros, child.endMicros ?? 0) - Math.max(startMicros, child.startMicros)
            expect(overlap).toBeLessThanOrEqual(0)
          }
        }
        expect(path?.root.pathMicros).toBeCloseTo(path?.root.selfMicros ?? 0, 2)
      }),
    )
  })

  it('calls a section certain only where nothing else ran beside it, nor beside what is above it', () => {
    fc.assert(
      fc.property(spans, fc.boolean(), (trace, takesOtherReading) => {
        const path = analyseTrace(trace, { takesOtherReading }).criticalPath
        for (const { node, startMicros, endMicros, isAssumed } of path?.sections ?? []) {
          if (isAssumed) continue
          for (let at = node; at.parent !== undefined && at !== path?.root; at = at.parent) {
            const others = at.parent.children.filter((other) => other !== at && other.isBlocking)
            for (const other of others) {
              const overlap = Math.min(endMicros, other.endMicros ?? 0) - Math.max(startMicros, other.startMicros)
              expect(overlap).toBeLessThanOrEqual(1_000)
            }
          }
        }
      }),
    )
  })

  it('is the same for spans that arrive in another order', () => {
    fc.assert(
      fc.property(spans, fc.nat(), (trace, by) => {
        const turned = [...trace.slice(by % trace.length), ...trace.slice(0, by % trace.length)]
        const lengths = (some: ReceivedSpan[]): number[] =>
          (analyseTrace(some).criticalPath?.sections ?? []).map(({ endMicros, startMicros }) => endMicros - startMicros)
        expect(lengths(turned)).toEqual(lengths(trace))
      }),
    )
  })

  it('is the same where two calls begin and end at the same time, and one of them has a call of its own', () => {
    const [root, ...calls] = traceOf([
      [
        'root',
        {
          at: [0, 2],
          children: [
            ['a', { at: [0, 2], children: [['in a', { at: [0, 1] }]] }],
            ['b', { at: [0, 2] }],
          ],
        },
      ],
    ])
    if (root === undefined) throw new Error('no root')
    const names = (spans: ReceivedSpan[]): unknown =>
      analyseTrace(spans).criticalPath?.sections.map(({ node }) => node.span.name)
    expect(names([root, ...calls])).toEqual(names([root, ...calls.toReversed()]))
  })

  it('comes out for 5,000 calls that all run at once, and for 5,000 one after another', () => {
    const calls = (at: (n: number) => [number, number]): PlannedSpan[] =>
      Array.from({ length: 5_000 }, (_, n) => [`c${n}`, { at: at(n) }] as const)
    const together = pathOf([['root', { at: [0, 6_000], children: calls((n) => [n * 0.01, 5_900 + (n % 97)]) }]])
    const inTurn = pathOf([['root', { at: [0, 6_000], children: calls((n) => [n, n + 1]) }]])
    expect(together.sections.length).toBeGreaterThan(2)
    expect(inTurn.sections).toHaveLength(5_001)
  })

  it('reads whole milliseconds from the clock, not from where the trace begins', () => {
    const [root, ...rest] = traceOf([
      [
        'root',
        {
          at: [0, 100],
          children: [
            ['a', { at: [10, 50.4] }],
            ['b', { at: [50, 90] }],
          ],
        },
      ],
    ])
    if (root === undefined) throw new Error('no root')
    const path = analyseTrace([{ ...root, startMicros: MORNING_MICROS - 333 }, ...rest]).criticalPath
    expect(path?.sections.map(({ node }) => node.span.name)).toEqual(['root', 'a', 'b', 'root'])
  })
})
