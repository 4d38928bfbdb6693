import { expect, test } from 'vitest'
import { renderText } from '../../../src/viewer/text/render-text.js'
import type { FindingReport, OperationReport, ViewReport } from '../../../src/viewer/text/report.js'

const nPlusOne: FindingReport = {
  id: 'n+1',
  level: 'warning',
  confidence: 'likely',
  sentence: '`GET /orders` runs `select … from item where order_id = ?` 24 times, one after another (38 ms).',
  advice: 'One query with IN or a JOIN does it.',
  service: 'storefront',
  fingerprint: 'a1',
  count: 24,
  durationMillis: 38,
  pathShare: 0.4,
  traces: 31,
  ofTraces: 40,
  examples: [{ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanIds: [] }],
  code: { path: 'orders.js', line: 41 },
}
const error: FindingReport = {
  ...nPlusOne,
  id: 'error',
  level: 'error',
  sentence:
    'card declined: insufficient funds in payments `charge card`; it made storefront `POST /checkout` fail (402).',
  service: 'payments',
  traces: 6,
}
const orders: OperationReport = {
  service: 'storefront',
  name: 'GET /orders',
  count: 31,
  weighted: 31,
  failed: 0,
  p50Millis: 41,
  p95Millis: 88,
  minMillis: 20,
  maxMillis: 120,
}

const report: ViewReport = {
  schema: 'spanwright.view/1',
  run: {
    started: '2026-01-01T00:00:00.000Z',
    spans: 412,
    traces: 40,
    services: ['payments', 'storefront'],
    durationMillis: 2_100,
    dropped: 0,
  },
  findings: [error, nPlusOne],
  operations: [orders, { ...orders, service: 'payments', name: 'charge card', count: 9, weighted: 900, failed: 6 }],
}

function text(changes: Partial<ViewReport> = {}, columns = 100): string[] {
  return renderText({ ...report, ...changes }, { columns, colours: false })
}

test('the numbers, each finding with what to do and where, and each operation stand in the text', () => {
  const { code: _code, ...withoutCode } = error
  expect(text({ findings: [withoutCode, nPlusOne] })).toEqual([
    '40 traces, 2 services, 2.10 s                                           findings: 1 error, 1 warning',
    '✗ card declined: insufficient funds in payments `charge card`; it made storefront `POST /checkout`',
    '  fail (402).',
    '  → One query with IN or a JOIN does it.',
    '  payments  6 of 40 traces  e.g. 4bf92f3577b34da6a3ce929d0e0e4736',
    '▲ n+1  `GET /orders` runs `select … from item where order_id = ?` 24 times, one after another (38',
    '  ms).',
    '  → One query with IN or a JOIN does it.',
    '  storefront  31 of 40 traces  orders.js:41  e.g. 4bf92f3577b34da6a3ce929d0e0e4736',
    'storefront GET /orders         31 requests  p50 41 ms  p95 88 ms (of 31)  0 failed',
    'payments charge card    9 requests (≈ 900)  p50 41 ms  p95 88 ms (of 9)   6 failed',
  ])
})

test('a percentile is said only of enough requests, and always with how many there were', () => {
  const { p50Millis: _p50, p95Millis: _p95, ...bare } = orders
  const [, one, few, some] = text({
    findings: [],
    operations: [
      { ...bare, name: 'one', count: 1, weighted: 1, minMillis: 5, maxMillis: 5 },
      { ...bare, name: 'few', count: 4, weighted: 4 },
      { ...bare, name: 'some', count: 9, weighted: 9, p50Millis: 41 },
    ],
  })
  expect(one).toMatch(/^one +1 request +5\.0 ms +0 failed$/)
  expect(few).toMatch(/^few +4 requests +20 ms – 120 ms \(of 4\) +0 failed$/)
  expect(some).toMatch(/^some +9 requests +p50 41 ms {2}max 120 ms \(of 9\) +0 failed$/)
})

test('what fails and what is known is marked', () => {
  const lines = text({
    findings: [
      { ...nPlusOne, fails: true },
      { ...nPlusOne, isKnown: true },
      { ...error, fails: true },
    ],
  })
  expect(lines.some((line) => line.startsWith('▲ n+1 (fails)  `GET /orders`'))).toBe(true)
  expect(lines.some((line) => line.startsWith('▲ n+1 (known)  `GET /orders`'))).toBe(true)
  expect(lines.find((line) => line.includes('payments  6 of 40'))).toMatch(/\(fails\)$/)
})

test('nothing that arrived, nothing that matches and nothing that is wrong each have their words', () => {
  const nothing = { ...report.run, spans: 0, traces: 0, services: [] }
  expect(text({ run: nothing, findings: [], operations: [] })).toEqual(['no span arrived'])
  expect(text({ run: { ...nothing, query: 'status:error' }, findings: [], operations: [] })).toEqual([
    'no trace matches',
    '  of those that match status:error',
  ])
  expect(text({ findings: [] })[0]).toMatch(/no findings$/)
  expect(text({ run: { ...report.run, dropped: 12, problems: ['line 3 is no JSON'] } }).slice(1, 3)).toEqual([
    '  ! line 3 is no JSON',
    '! 12 older spans were removed to stay within the memory limit',
  ])
})

test('no line is wider than the terminal, and none holds a control character of a trace', () => {
  const hostile = `\u001b[31m${'wide 宽 '.repeat(60)}\n\u202e`
  const lines = text({
    findings: [{ ...nPlusOne, sentence: hostile, advice: hostile, service: hostile, code: { path: hostile } }],
    operations: [{ ...orders, name: hostile, service: hostile }],
    run: { ...report.run, query: hostile, problems: [hostile] },
  })
  for (const character of ['\u001b', '\u202e']) expect(lines.join('')).not.toContain(character)
  for (const line of lines) expect(Array.from(line).length, line).toBeLessThanOrEqual(100)
})
