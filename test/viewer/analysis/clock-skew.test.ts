import { describe, expect, it } from 'vitest'
import { analyseTrace, type TraceAnalysis } from '../../../src/viewer/analysis/trace-analysis.js'
import { traceOf, type PlannedSpan, type SpanPlan } from './trace-of.js'

const call = (at: SpanPlan['at'], server: SpanPlan['at'], plan: Partial<SpanPlan> = {}): PlannedSpan => [
  'call',
  { at, kind: 'client', children: [['serve', { at: server, kind: 'server', service: 'b', ...plan }]] },
]
const shifts = ({ nodes }: TraceAnalysis): Record<string, number> =>
  Object.fromEntries(nodes.map(({ span, shiftMicros }) => [span.name, shiftMicros]))

describe('clocks that are wrong', () => {
  it('moves a server that lies outside of its client, and all below it, by as little as makes the call possible', () => {
    const below: PlannedSpan = ['query', { at: [40, 60], kind: 'client' }]
    const analysis = analyseTrace(
      traceOf([['root', { at: [0, 200], children: [call([100, 190], [35, 95], { children: [below] })] }]]),
    )
    expect(analysis.clockSkews).toEqual([{ from: 'shop', to: 'b', calls: 1, impossibleCalls: 1, shiftMicros: 60_000 }])
    expect(shifts(analysis)).toEqual({ root: 0, call: 0, serve: 60_000, query: 60_000 })
    expect(analysis.byId.get('0000000000000003')).toMatchObject({
      startMicros: 95_000,
      endMicros: 155_000,
      isBlocking: true,
    })
  })

  it('moves one that is late to the left', () => {
    const analysis = analyseTrace(traceOf([call([0, 50], [10, 58.5])]))
    expect(analysis.clockSkews).toMatchObject([{ shiftMicros: -3_500 }])
  })

  it('moves nothing where no call is impossible within the exactness of clocks', () => {
    const analysis = analyseTrace(traceOf([call([100, 190], [96, 180])]))
    expect(analysis.clockSkews).toEqual([])
    expect(shifts(analysis)).toEqual({ call: 0, serve: 0 })
  })

  it('moves nothing within one host, nor within one process', () => {
    for (const key of ['host.name', 'host.id']) {
      const resource = { [key]: 'laptop' }
      const analysis = analyseTrace(
        traceOf([
          [
            'root',
            {
              at: [0, 200],
              resource,
              children: [
                [
                  'call',
                  {
                    at: [100, 190],
                    kind: 'client',
                    resource,
                    children: [['serve', { at: [35, 95], kind: 'server', service: 'b', resource }]],
                  },
                ],
              ],
            },
          ],
        ]),
      )
      expect(analysis.clockSkews).toEqual([])
    }
    expect(analyseTrace(traceOf([call([100, 190], [35, 95], { service: 'shop' })])).clockSkews).toEqual([])
  })

  it('says that two clocks disagree where no single value makes all calls possible, and moves nothing', () => {
    const analysis = analyseTrace(
      traceOf([['root', { at: [0, 400], children: [call([100, 190], [35, 95]), call([200, 290], [260, 320])] }]]),
    )
    expect(analysis.clockSkews).toEqual([
      { from: 'shop', to: 'b', calls: 2, impossibleCalls: 2, shiftMicros: undefined },
    ])
    expect(shifts(analysis)).toMatchObject({ serve: 0 })
  })

  it('believes all calls between two processes together', () => {
    const analysis = analyseTrace(
      traceOf([['root', { at: [0, 400], children: [call([100, 190], [35, 95]), call([200, 300], [210, 240])] }]]),
    )
    expect(analysis.clockSkews).toEqual([{ from: 'shop', to: 'b', calls: 2, impossibleCalls: 1, shiftMicros: 60_000 }])
  })

  it('moves nothing by more than an hour, nor by a call whose server took longer than its client waited', () => {
    const hours = 3 * 3_600_000
    expect(analyseTrace(traceOf([call([hours, hours + 90], [0, 80])])).clockSkews).toMatchObject([
      { shiftMicros: undefined },
    ])
    expect(analyseTrace(traceOf([call([100, 190], [35, 300])])).clockSkews).toEqual([])
  })

  it('keeps times as they were sent when asked to', () => {
    const analysis = analyseTrace(traceOf([call([100, 190], [35, 95])]), { keepsClocks: true })
    expect(shifts(analysis)).toEqual({ call: 0, serve: 0 })
  })
})
