import { describe, expect, it } from 'vitest'
import type { PlannedSpan } from '../trace-of.js'
import { found, get, query, request } from './found.js'

describe('slow-query', () => {
  it('is half a second, or half of the request', () => {
    expect(
      found('slow-query', request('GET', 5_000, [query('SELECT * FROM big WHERE a = 4', [10, 850])])),
    ).toMatchObject([
      {
        level: 'warning',
        confidence: 'certain',
        sentence: '`select * from big where a = ?` took 840 ms, 17 % of the request.',
      },
    ])
    expect(found('slow-query', request('GET', 200, [query('SELECT * FROM big', [10, 130])]))).toHaveLength(1)
  })

  it('is silent about what is quicker, and where the time was spent waiting for a connection', () => {
    expect(found('slow-query', request('GET', 5_000, [query('SELECT * FROM big', [10, 500])]))).toEqual([])
    expect(found('slow-query', request('GET', 100, [query('SELECT * FROM big', [1, 99])]))).toEqual([])
    const wait: PlannedSpan = [
      'pg-pool.connect',
      { at: [10, 800], kind: 'client', attributes: { 'db.system': 'postgresql' } },
    ]
    expect(
      found('slow-query', request('GET', 5_000, [query('SELECT * FROM big', [10, 850], { children: [wait] })])),
    ).toEqual([])
  })
})

describe('slow-call', () => {
  it('is a second, or half of the request, of somebody who sends no spans', () => {
    expect(found('slow-call', request('GET', 9_000, [get('https://payments.example/pay', [0, 2_100])]))).toMatchObject([
      {
        confidence: 'certain',
        sentence:
          '`GET payments.example/pay` took 2.10 s, 23 % of the request; the service that answers it sent no spans that show why.',
      },
    ])
  })

  it('is silent about a server that tells its part, streams, WebSockets, and what is quicker', () => {
    const server: PlannedSpan = ['GET', { at: [1, 2_000], kind: 'server', service: 'b' }]
    expect(found('slow-call', request('GET', 9_000, [get('http://b/', [0, 2_100], { children: [server] })]))).toEqual(
      [],
    )
    const stream = get('http://b/chat', [0, 2_100], {
      attributes: { 'http.response.header.content-type': ['text/event-stream'] },
    })
    expect(found('slow-call', request('GET', 9_000, [stream]))).toEqual([])
    expect(
      found(
        'slow-call',
        request('GET', 9_000, [get('http://b/x', [0, 2_100], { attributes: { 'http.response.status_code': 101 } })]),
      ),
    ).toEqual([])
    expect(found('slow-call', request('GET', 9_000, [get('http://b/x', [0, 900])]))).toEqual([])
  })
})

describe('slow-part', () => {
  it('is one piece of time that no span explains', () => {
    const fraud: PlannedSpan = ['fraud check', { at: [20, 320], service: 'payments' }]
    expect(found('slow-part', request('POST /checkout', 370, [fraud]))).toMatchObject([
      {
        level: 'warning',
        service: 'payments',
        sentence:
          'payments `fraud check` takes 300 ms of 370 ms (81 %) by itself: own code, or waiting that no span shows.',
      },
    ])
  })

  it('is silent about short or small parts, many small pieces, and what calls wait for', () => {
    expect(found('slow-part', request('POST', 90, []))).toEqual([])
    expect(
      found('slow-part', request('POST', 1_000, [['work', { at: [0, 900], children: [get('http://a', [0, 800])] }]])),
    ).toEqual([])
    expect(
      found('slow-part', [
        'GET /chat',
        { at: [0, 60_000], kind: 'server', attributes: { 'http.response.status_code': 101 } },
      ]),
    ).toEqual([])
    expect(
      found('slow-part', [
        'GET /events',
        { at: [0, 60_000], kind: 'server', attributes: { 'http.response.header.content-type': ['text/event-stream'] } },
      ]),
    ).toEqual([])
    const pieces = Array.from({ length: 9 }, (_, n) => get(`http://a/${'x'.repeat(n)}`, [n * 100 + 50, n * 100 + 99]))
    expect(found('slow-part', request('POST', 900, pieces))).toEqual([])
  })
})

describe('pool-wait and connect', () => {
  const pool = (at: [number, number], children: readonly PlannedSpan[] = []): PlannedSpan => [
    'pg-pool.connect',
    { at, kind: 'client', attributes: { 'db.system': 'postgresql' }, children },
  ]

  it('is a wait for a free connection, with what ran then', () => {
    const busy = query('SELECT * FROM a', [0, 190])
    expect(found('pool-wait', request('GET', 400, [busy, pool([10, 190])]))).toMatchObject([
      {
        level: 'warning',
        sentence: 'shop waited 180 ms for a free connection of its pool; 1 statement of this trace ran then.',
      },
    ])
  })

  it('is a new connection where one was opened', () => {
    const opening = pool([10, 75], [['tcp.connect', { at: [11, 20] }]])
    expect(found('pool-wait', request('GET', 100, [opening]))).toEqual([])
    expect(found('connect', request('GET', 100, [opening]))).toMatchObject([{ level: 'info' }])
    expect(found('connect', request('GET', 400, [opening]))).toEqual([])
  })

  it('is silent about short waits, and about those of a busy process whose pool is not in use', () => {
    expect(found('pool-wait', request('GET', 400, [pool([10, 50])]))).toEqual([])
    expect(found('pool-wait', request('GET', 400, [pool([10, 70])]))).toHaveLength(1)
    expect(found('pool-wait', request('GET', 100, [pool([10, 19])]))).toEqual([])
  })
})

describe('cold-start', () => {
  it('is what a function says about itself', () => {
    expect(found('cold-start', request('handler', 900, [], { attributes: { 'faas.coldstart': true } }))).toHaveLength(1)
    expect(found('cold-start', request('handler', 900, [], { attributes: { 'faas.coldstart': false } }))).toEqual([])
  })
})
