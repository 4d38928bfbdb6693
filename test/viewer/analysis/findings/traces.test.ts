import { describe, expect, it } from 'vitest'
import type { PlannedSpan } from '../trace-of.js'
import { found, get, query, request, times } from './found.js'

describe('orphan', () => {
  it('is spans whose parents never arrived', () => {
    const orphans = times(3, (n): PlannedSpan => ['work', { at: [n, n + 1], parentSpanId: `${n}aaaaaaaaaaaaaaa` }])
    expect(found('orphan', request('GET', 9, []), ...orphans)).toMatchObject([
      {
        level: 'warning',
        count: 3,
        sentence:
          '3 spans belong to 3 parents that never arrived: not sent, sampled apart, or of a service that sends its spans elsewhere.',
      },
    ])
  })

  it('is an info for the one span at the top whose caller is not traced, and silent where all parents are there', () => {
    expect(found('orphan', request('GET', 9, [], { parentSpanId: 'aaaaaaaaaaaaaaaa' }))).toMatchObject([
      { level: 'info' },
    ])
    expect(found('orphan', request('GET', 9, [['work', { at: [1, 2] }]]))).toEqual([])
  })
})

describe('unended', () => {
  it('is a span without an end', () => {
    expect(found('unended', ['GET', { at: [0], children: [['work', { at: [1, 2] }]] }])).toMatchObject([
      { sentence: 'shop `GET` has no end, though spans below it did.' },
    ])
  })

  it('is silent about spans of no length', () => {
    expect(found('unended', ['GET', { at: [0, 0] }])).toEqual([])
  })
})

describe('dropped', () => {
  it('is what an SDK says that it left out', () => {
    const parts = { droppedAttributesCount: 128, droppedLinksCount: 1 }
    expect(found('dropped', request('GET', 9, [], parts))).toMatchObject([
      { sentence: 'The SDK of shop dropped 128 attributes and 1 link of 1 span, because of its limits.' },
    ])
  })

  it('is silent about nothing', () => {
    expect(found('dropped', request('GET', 9, []))).toEqual([])
  })
})

describe('many-alike', () => {
  const access = (n: number): PlannedSpan => [
    'fs access',
    { at: [n, n + 1], scope: { name: '@opentelemetry/instrumentation-fs', attributes: {} } },
  ]

  it('is fifty spans of one name, and the variable that leaves them out', () => {
    expect(found('many-alike', request('GET', 99, times(84, access)))).toMatchObject([
      {
        count: 84,
        sentence: '`fs access` is 84 of 85 spans.',
        advice: 'OTEL_NODE_DISABLED_INSTRUMENTATIONS=fs leaves them out.',
      },
    ])
  })

  it('is the most frequent name of a trace of more than a thousand spans', () => {
    expect(
      found(
        'many-alike',
        request(
          'GET',
          9_999,
          times(1_100, (n) => query(`SELECT a FROM t${n}`, [n, n + 1])),
        ),
      ),
    ).toMatchObject([{ count: 1_100 }])
  })

  it('is silent about 49, and about calls that tell themselves apart', () => {
    expect(found('many-alike', request('GET', 99, times(49, access)))).toEqual([])
    expect(
      found(
        'many-alike',
        request(
          'GET',
          99,
          times(60, (n) => get(`http://a/${n}`, [n, n + 1])),
        ),
      ),
    ).toEqual([])
  })
})

describe('payload', () => {
  const size = (bytes: number, attributes = {}): PlannedSpan =>
    request('GET /report', 9, [], { attributes: { 'http.response.body.size': bytes, ...attributes } })

  it('is a body of 300 kB, a warning from 1 MB on, and a long attribute', () => {
    expect(found('payload', size(4_200_000))).toMatchObject([
      { level: 'warning', sentence: 'shop `GET /report` answered with 4.2 MB.' },
    ])
    expect(found('payload', size(300_000))).toMatchObject([{ level: 'info' }])
    expect(found('payload', request('GET', 9, [], { attributes: { prompt: 'x'.repeat(20_000) } }))).toMatchObject([
      { level: 'info' },
    ])
  })

  it('is said once for a call that both sides tell of', () => {
    const server = size(400_000)
    const client = get('http://b', [0, 10], { attributes: { 'http.response.body.size': 400_000 }, children: [server] })
    expect(found('payload', request('GET', 20, [client]))).toHaveLength(1)
  })

  it('is silent about small bodies and downloads', () => {
    expect(found('payload', size(299_999))).toEqual([])
    expect(found('payload', size(9_000_000, { 'http.response.header.content-type': ['video/mp4'] }))).toEqual([])
    expect(found('payload', size(9_000_000, { 'http.response.header.content-disposition': ['attachment'] }))).toEqual(
      [],
    )
  })
})
