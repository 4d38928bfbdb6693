import { expect, test } from 'vitest'
import { findingsOf } from '../../../../src/viewer/analysis/findings/findings-of.js'
import { analyseTrace } from '../../../../src/viewer/analysis/trace-analysis.js'
import { parseLimits } from '../../../../src/viewer/text/fail-on.js'
import { traceOf, type PlannedSpan } from '../trace-of.js'
import { get, query, request, times } from './found.js'

function idsWith(limit: string, ...roots: readonly PlannedSpan[]): string[] {
  const limits = limit === '' ? undefined : parseLimits([limit])
  return findingsOf(analyseTrace(traceOf(roots)), limits).map(({ id }) => id)
}

const loopOf = (text: string): PlannedSpan[] => times(3, (n) => query(`${text} = ${n}`, [n * 2, n * 2 + 1]))
const waits: PlannedSpan = ['pg-pool.connect', { at: [0, 4] }]

test.each([
  ['n+1.count=3', 'n+1', request('GET /a', 20, loopOf('SELECT * FROM item WHERE id'))],
  [
    'fan-out.count=3',
    'fan-out',
    request(
      'GET /a',
      20,
      times(3, (n) => query(`SELECT * FROM item WHERE id = ${n}`, [n, 15])),
    ),
  ],
  ['n+1-write.count=3', 'n+1-write', request('POST /a', 20, loopOf('UPDATE item SET n'))],
  [
    'n+1-http.count=3',
    'n+1-http',
    request(
      'GET /a',
      20,
      times(3, (n) => get(`http://prices.test/price/${n}`, [n * 2, n * 2 + 1])),
    ),
  ],
  [
    'many-alike.count=10',
    'many-alike',
    request(
      'GET /a',
      200,
      times(12, (n): PlannedSpan => ['step', { at: [n, n + 1] }]),
    ),
  ],
  ['slow-query.duration=20ms', 'slow-query', request('GET /a', 200, [query('SELECT 1 FROM a', [0, 25])])],
  ['slow-call.duration=20ms', 'slow-call', request('GET /a', 200, [get('http://prices.test/', [0, 25])])],
  ['slow-part.duration=20ms', 'slow-part', request('GET /a', 25, [])],
  ['pool-wait.duration=3ms', 'pool-wait', request('GET /a', 200, [waits])],
  [
    'connect.duration=3ms',
    'connect',
    request('GET /a', 200, [['pg-pool.connect', { at: [0, 4], children: [['pg.connect', { at: [0, 3] }]] }]]),
  ],
])('--limit %s finds what the default of %s leaves out', (limit, id, trace) => {
  expect(idsWith('', trace)).not.toContain(id)
  expect(idsWith(limit, trace)).toContain(id)
})

test('a limit of one kind leaves the others as they are', () => {
  const trace = request('GET /a', 20, loopOf('SELECT * FROM item WHERE id'))
  expect(idsWith('fan-out.count=2', trace)).toEqual([])
  expect(idsWith('n+1.count=4', trace)).toEqual([])
})
