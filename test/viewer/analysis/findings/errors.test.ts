import { describe, expect, it } from 'vitest'
import { exception, type PlannedSpan } from '../trace-of.js'
import { found, get, request, times } from './found.js'

const declined: PlannedSpan = [
  'charge card',
  { at: [20, 40], service: 'payments', status: 'error', events: [exception('card declined: insufficient funds')] },
]
const checkout = (status: Partial<PlannedSpan[1]>): PlannedSpan =>
  request(
    'POST /checkout',
    60,
    [
      [
        'POST',
        {
          at: [10, 50],
          kind: 'client',
          status: 'error',
          attributes: { 'http.request.method': 'POST', 'http.response.status_code': 402 },
          children: [
            [
              'POST',
              {
                at: [12, 45],
                kind: 'server',
                service: 'payments',
                attributes: { 'http.response.status_code': 402 },
                children: [declined],
              },
            ],
          ],
        },
      ],
    ],
    status,
  )

describe('error', () => {
  it('is where a failure began, and whom it made fail, through spans that do not say so', () => {
    const findings = found('error', checkout({ attributes: { 'http.response.status_code': 402 } }))
    expect(findings).toMatchObject([
      {
        level: 'error',
        confidence: 'certain',
        service: 'payments',
        sentence:
          'card declined: insufficient funds in payments `charge card`; it made payments `POST` (402) and shop `POST /checkout` (402) fail.',
      },
    ])
    expect(found('swallowed', checkout({}))).toEqual([])
  })

  it('is the root that failed by itself, too', () => {
    expect(
      found('error', request('GET', 10, [], { status: 'error', attributes: { 'http.response.status_code': 500 } })),
    ).toMatchObject([{ sentence: 'shop `GET` failed with 500.' }])
  })

  it('is nothing about failures that happen all the time, beside the one that explains the answer', () => {
    const probe = (n: number): PlannedSpan => [
      'fs access',
      { at: [n, n + 1], status: 'error', statusMessage: `ENOENT: no such file, access '/a/${n}'` },
    ]
    const trace = request(
      'GET',
      100,
      [...times(77, probe), ['render', { at: [80, 90], status: 'error', events: [exception('x is undefined')] }]],
      { status: 'error', statusMessage: 'x is undefined' },
    )
    const [first, second, ...others] = found('error', trace)
    expect(first).toMatchObject({ level: 'error', count: 1 })
    expect(first?.sentence).toMatch(/^x is undefined in shop `render`/)
    expect(second).toMatchObject({ level: 'info', count: 77 })
    expect(others).toEqual([])
  })

  it('is one row for messages that differ in their values', () => {
    const failing = times(6, (n): PlannedSpan => [
      'work',
      { at: [n, n + 1], status: 'error', statusMessage: `order ${n} is locked by '${'x'.repeat(n)}'` },
    ])
    expect(found('error', request('POST', 10, failing, { status: 'error' }))).toMatchObject([
      { level: 'error', count: 6 },
    ])
  })

  it('is silent where nothing failed', () => {
    expect(found('error', request('GET', 10, [get('http://a', [1, 2])]))).toEqual([])
  })

  it('is a consumer that failed after its producer had ended', () => {
    const consumer: PlannedSpan = [
      'on message',
      { at: [50, 60], kind: 'consumer', service: 'b', status: 'error', statusMessage: 'bad order' },
    ]
    expect(found('error', ['send', { at: [0, 1], kind: 'producer', children: [consumer] }])).toHaveLength(1)
  })
})

describe('swallowed', () => {
  it('is a failure after which the caller went on', () => {
    const failing = get('http://k8s/pods', [1, 5], {
      status: 'error',
      attributes: { 'http.response.status_code': 500 },
    })
    expect(found('swallowed', request('GET /traces', 20, [failing]))).toMatchObject([
      { level: 'warning', sentence: 'shop `GET` failed with 500; `GET /traces` went on without it.' },
    ])
  })

  it('is an info for what only asks whether something is there', () => {
    const missing = get('http://a/maybe', [1, 5], { status: 'error', attributes: { 'http.response.status_code': 404 } })
    expect(found('swallowed', request('GET', 20, [missing]))).toMatchObject([{ level: 'info' }])
  })

  it('is silent where the caller fails, or answers that it does', () => {
    const failing = get('http://a', [1, 5], { status: 'error' })
    expect(found('swallowed', request('GET', 20, [failing], { status: 'error' }))).toEqual([])
    expect(
      found('swallowed', request('GET', 20, [failing], { attributes: { 'http.response.status_code': 422 } })),
    ).toEqual([])
  })
})
