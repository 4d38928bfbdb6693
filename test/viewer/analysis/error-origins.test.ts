import { describe, expect, it } from 'vitest'
import type { ErrorOrigin } from '../../../src/viewer/analysis/error-origins.js'
import { analyseTrace } from '../../../src/viewer/analysis/trace-analysis.js'
import { exception, traceOf, type PlannedSpan } from './trace-of.js'

const originsOf = (...roots: PlannedSpan[]): readonly ErrorOrigin[] => analyseTrace(traceOf(roots)).errorOrigins
const names = (origins: readonly ErrorOrigin[]): string[] => origins.map(({ node }) => node.span.name)
const failed = { status: 'error' } as const

describe('where an error comes from', () => {
  it('is a failing span without a failing one below, however many between do not say that they failed', () => {
    const [origin, ...others] = originsOf([
      'root',
      {
        at: [0, 9],
        ...failed,
        children: [
          [
            'egress',
            {
              at: [1, 8],
              children: [
                [
                  'ingress',
                  {
                    at: [2, 7],
                    children: [['work', { at: [3, 6], ...failed, attributes: { 'http.status_code': 500 } }]],
                  },
                ],
              ],
            },
          ],
        ],
      },
    ])
    expect(others).toEqual([])
    expect(origin).toMatchObject({ message: '500', silentSpans: 2, failedAncestors: 1, isSwallowed: false })
    expect(origin?.highestFailed?.span.name).toBe('root')
  })

  it('has the message of the exception, else of the status, else its type', () => {
    const one = (plan: Partial<PlannedSpan[1]>): string | undefined =>
      originsOf(['a', { at: [0, 1], ...failed, ...plan }])[0]?.message
    expect(one({ events: [exception('first'), exception('last')], statusMessage: 'status' })).toBe('last')
    expect(one({ statusMessage: 'status' })).toBe('status')
    expect(one({ attributes: { 'error.type': 'ECONNREFUSED' } })).toBe('ECONNREFUSED')
    expect(one({})).toBe('')
  })

  it('names first the one whose message those above repeat, then one with an exception, then the last to end', () => {
    const origins = originsOf([
      'root',
      {
        at: [0, 9],
        ...failed,
        statusMessage: 'boom',
        children: [
          ['early', { at: [1, 2], ...failed }],
          ['late', { at: [1, 8], ...failed }],
          ['thrown', { at: [1, 3], ...failed, events: [exception('other')] }],
          ['cause', { at: [1, 2], ...failed, statusMessage: 'boom' }],
        ],
      },
    ])
    expect(names(origins)).toEqual(['cause', 'thrown', 'late', 'early'])
  })

  it('names a file that was looked for in vain after a failure that is none of that', () => {
    const probe: PlannedSpan = ['probe', { at: [1, 2], ...failed, events: [exception('ENOENT: no such file')] }]
    const call: PlannedSpan = ['call', { at: [3, 4], ...failed, attributes: { 'http.response.status_code': 500 } }]
    expect(names(originsOf(['root', { at: [0, 9], ...failed, children: [probe, call] }]))).toEqual(['call', 'probe'])
    const told = { at: [0, 9] as const, ...failed, statusMessage: 'ENOENT: no such file', children: [probe, call] }
    expect(names(originsOf(['root', told]))).toEqual(['probe', 'call'])
  })

  it('names last what fails all the time', () => {
    const probes = Array.from({ length: 6 }, (): PlannedSpan => [
      'probe',
      { at: [1, 2], ...failed, events: [exception('ENOENT')] },
    ])
    const origins = originsOf([
      'root',
      { at: [0, 9], ...failed, children: [...probes, ['cause', { at: [3, 4], ...failed }]] },
    ])
    expect(names(origins)[0]).toBe('cause')
    expect(origins.at(-1)?.alike).toBe(6)
  })

  it('is swallowed where nothing above fails or answers that it does', () => {
    const child: PlannedSpan = ['work', { at: [1, 2], ...failed }]
    expect(originsOf(['root', { at: [0, 9], children: [child] }])[0]?.isSwallowed).toBe(true)
    expect(
      originsOf(['root', { at: [0, 9], attributes: { 'http.response.status_code': 409 }, children: [child] }])[0]
        ?.isSwallowed,
    ).toBe(false)
    expect(originsOf(['root', { at: [0, 9], ...failed }])[0]?.isSwallowed).toBe(false)
  })
})
