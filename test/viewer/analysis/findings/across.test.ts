import { describe, expect, it } from 'vitest'
import { findingsAcross } from '../../../../src/viewer/analysis/findings/findings-across.js'
import { findingsOf } from '../../../../src/viewer/analysis/findings/findings-of.js'
import { groupFindings } from '../../../../src/viewer/analysis/findings/group-findings.js'
import type { TraceAnalysis } from '../../../../src/viewer/analysis/trace-analysis.js'
import type { Finding } from '../../../../src/viewer/model/finding.js'
import { tracesOf } from '../many/many-traces.js'
import type { PlannedSpan, SpanPlan } from '../trace-of.js'
import { get, query, times } from './found.js'

const across = (id: string, traces: readonly TraceAnalysis[]): Finding[] =>
  findingsAcross(traces).filter((finding) => finding.id === id)
const root = (millis: number, plan: Partial<SpanPlan> = {}): PlannedSpan => [
  'GET /',
  { at: [0, millis], kind: 'server', ...plan },
]

describe('cold-start', () => {
  it('is the first request of a process that took twice as long as those that followed', () => {
    expect(
      across(
        'cold-start',
        tracesOf(8, (n) => [root(n === 0 ? 900 : 80)]),
      ),
    ).toMatchObject([
      {
        level: 'info',
        sentence: 'shop `GET /` took 900 ms as the first request of its process; the median of 7 others is 80 ms.',
      },
    ])
  })

  it('is silent about few others, a first request like the others, and a slow one later', () => {
    expect(
      across(
        'cold-start',
        tracesOf(5, (n) => [root(n === 0 ? 900 : 80)]),
      ),
    ).toEqual([])
    expect(
      across(
        'cold-start',
        tracesOf(8, (n) => [root(n === 0 ? 150 : 80)]),
      ),
    ).toEqual([])
    expect(
      across(
        'cold-start',
        tracesOf(8, (n) => [root(n === 4 ? 900 : 80)]),
      ),
    ).toEqual([])
  })

  it('is silent where the process had been at work for longer', () => {
    const started: PlannedSpan = ['boot', { at: [-9_000, -8_000] }]
    expect(
      across(
        'cold-start',
        tracesOf(8, (n) =>
          n === 0 ? [root(900, { at: [8_000, 8_950] }), started] : [root(80, { at: [20_000, 20_080] })],
        ),
      ),
    ).toEqual([])
  })
})

describe('cache-miss', () => {
  const redis = (text: string, at: SpanPlan['at']): PlannedSpan => [
    'redis',
    { at, kind: 'client', attributes: { 'db.system': 'redis', 'db.statement': text } },
  ]
  const lookup = (id: number, isHit: boolean): PlannedSpan =>
    root(20, {
      children: isHit
        ? [redis(`GET user:${id}`, [1, 2])]
        : [
            redis(`GET user:${id}`, [1, 2]),
            query('SELECT * FROM user WHERE id = $1', [3, 9]),
            redis(`SET user:${id} x`, [10, 11]),
          ],
    })

  it('is a cache that nearly always has to be filled', () => {
    expect(
      across(
        'cache-miss',
        tracesOf(20, (n) => [lookup(n, n === 7)]),
      ),
    ).toMatchObject([
      {
        confidence: 'guess',
        count: 19,
        sentence:
          'The cache in front of `select * from user where id = ?` missed in 19 of 20 requests (95 %), as far as what followed tells.',
      },
    ])
  })

  it('is silent where it hits, in few traces, and for other keys', () => {
    expect(
      across(
        'cache-miss',
        tracesOf(20, (n) => [lookup(n, n % 2 === 0)]),
      ),
    ).toEqual([])
    expect(
      across(
        'cache-miss',
        tracesOf(4, (n) => [lookup(n, false)]),
      ),
    ).toEqual([])
    const other = tracesOf(20, (n) => [
      root(20, {
        children: [redis(`GET user:${n}`, [1, 2]), query('SELECT * FROM user', [3, 9]), redis('SET stats x', [10, 11])],
      }),
    ])
    expect(across('cache-miss', other)).toEqual([])
  })
})

describe('blocked-loop', () => {
  const resource = { 'telemetry.sdk.language': 'nodejs', 'process.pid': 7 }
  const blocked = (given: Partial<SpanPlan>): TraceAnalysis[] =>
    tracesOf(1, () => [
      root(500, {
        ...given,
        children: [
          ['one', { at: [10, 450] }],
          ['two', { at: [60, 451] }],
          ['three', { at: [100, 452] }],
        ],
      }),
    ])

  it('is silence while work is open on several branches, and then much at once', () => {
    expect(across('blocked-loop', blocked({ resource }))).toMatchObject([
      { level: 'warning', confidence: 'guess', count: 3, durationMicros: 350_000 },
    ])
  })

  it('sees requests of other traces of the process', () => {
    const traces = tracesOf(2, (n) => [root(0, { resource, at: n === 0 ? [1_000, 1_500] : [50, 501] })])
    expect(across('blocked-loop', traces)).toMatchObject([{ count: 2 }])
  })

  it('is silent about other languages, one branch, calls that began together, and work of somebody else', () => {
    expect(across('blocked-loop', blocked({ resource: { 'telemetry.sdk.language': 'go' } }))).toEqual([])
    const chain: PlannedSpan = [
      'one',
      { at: [10, 450], children: [['two', { at: [60, 449], children: [['three', { at: [100, 448] }]] }]] },
    ]
    expect(
      across(
        'blocked-loop',
        tracesOf(1, () => [root(500, { resource, children: [chain] })]),
      ),
    ).toEqual([])
    const together = times(3, (n) => query(`SELECT a FROM t${n}`, [10 + n, 450 + n]))
    expect(
      across(
        'blocked-loop',
        tracesOf(1, () => [root(500, { resource, children: together })]),
      ),
    ).toEqual([])
    const remote = times(3, (n) => [
      'call',
      {
        at: [10 + 30 * n, 450 + n],
        kind: 'client' as const,
        children: [['serve', { at: [12 + 30 * n, 448], kind: 'server' as const, service: 'b' }] as const],
      },
    ])
    expect(
      across(
        'blocked-loop',
        tracesOf(1, () => [root(500, { resource, children: remote })]),
      ),
    ).toEqual([])
  })
})

describe('unusual', () => {
  const usual = (n: number): PlannedSpan => root(80 + n, { children: [query('SELECT n FROM stock', [10, 19])] })

  it('is a trace far slower than others of its kind, and what took the time', () => {
    const traces = tracesOf(31, (n) => [
      n === 20 ? root(500, { children: [query('SELECT n FROM stock', [10, 410])] }) : usual(n),
    ])
    const [finding, ...others] = across('unusual', traces)
    expect(others).toEqual([])
    expect(finding).toMatchObject({ level: 'info', traceId: traces[20]?.traceId })
    expect(finding?.sentence).toMatch(
      /^shop `GET \/` was 4\d\d ms slower than usual \(median \d+ ms of 30\)\. 391 ms of it: shop `select n from stock`/,
    )
  })

  it('is silent about what is only somewhat slower, and with few to compare with', () => {
    expect(
      across(
        'unusual',
        tracesOf(31, (n) => [n === 20 ? root(150) : usual(n)]),
      ),
    ).toEqual([])
    expect(
      across(
        'unusual',
        tracesOf(10, (n) => [n === 9 ? root(500) : usual(n)]),
      ),
    ).toEqual([])
  })
})

describe('groups of findings', () => {
  const orders = (n: number): PlannedSpan =>
    root(100, { children: times(n, (m) => query('SELECT a FROM b WHERE c = $1', [m, m + 1])) })

  it('are one row for a fault over all traces that show it, as the worst of them says it', () => {
    const traces = tracesOf(40, (n) => [orders(n < 31 ? 5 + n : 1)])
    const groups = groupFindings(
      traces.flatMap((trace) => findingsOf(trace)),
      traces,
    )
    expect(groups).toMatchObject([{ id: 'n+1', level: 'warning', traces: 31, ofTraces: 40 }])
    expect(groups[0]?.examples).toHaveLength(3)
    expect(groups[0]).not.toHaveProperty('traceId')
  })

  it('have a fingerprint without the port that a test happens to listen at', () => {
    const print = (port: number): string | undefined =>
      tracesOf(1, () => [
        root(100, { children: times(6, (n) => get(`http://127.0.0.1:${port}/item/${n}`, [n, n + 1])) }),
      ])
        .flatMap((trace) => findingsOf(trace))
        .find(({ id }) => id === 'n+1-http')?.fingerprint
    expect(print(38_643)).toBe(print(41_007))
    expect(print(3_000)).not.toBe(print(3_001))
  })

  it('have a fingerprint without ids and times, and another for another statement, service, or root', () => {
    const print = (roots: readonly PlannedSpan[], firstTrace: number): string | undefined =>
      tracesOf(1, () => roots, firstTrace).flatMap((trace) => findingsOf(trace))[0]?.fingerprint
    const first = print([orders(6)], 1)
    expect(first).toMatch(/^[0-9a-f]{16}$/)
    expect(print([orders(9)], 77)).toBe(first)
    const others = [
      print(
        [root(100, { service: 'b', children: times(6, (m) => query('SELECT a FROM b WHERE c = $1', [m, m + 1])) })],
        1,
      ),
      print([root(100, { children: times(6, (m) => query('SELECT a FROM x WHERE c = $1', [m, m + 1])) })], 1),
      print(
        [
          [
            'GET /other',
            {
              at: [0, 100],
              kind: 'server',
              children: times(6, (m) => query('SELECT a FROM b WHERE c = $1', [m, m + 1])),
            },
          ],
        ],
        1,
      ),
    ]
    expect(new Set([first, ...others]).size).toBe(4)
  })
})
