import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ReceivedSpan } from '../../../src/viewer/model/received-span.js'
import { parseQuery } from '../../../src/viewer/query/parse.js'
import { queriedTrace, type AnalysedParts } from '../../../src/viewer/query/queried-trace.js'
import { isQueryError, type Query } from '../../../src/viewer/query/query.js'
import { traceOf } from '../analysis/trace-of.js'

const exception = {
  name: 'exception',
  timeMicros: 0,
  attributes: { 'exception.message': 'Card Declined' },
  droppedAttributesCount: 0,
}
const spans = traceOf([
  [
    'POST /checkout',
    {
      at: [0, 400],
      service: 'storefront',
      kind: 'server',
      children: [
        [
          'charge card',
          {
            at: [0, 300],
            service: 'payments',
            children: [
              [
                'select stock',
                {
                  at: [0, 20],
                  kind: 'client',
                  status: 'error',
                  statusMessage: 'deadlock detected',
                  attributes: {
                    'db.query.text': 'SELECT * FROM stock',
                    rows: 42,
                    big: 9_007_199_254_740_993n,
                    tags: ['red', 'blue'],
                  },
                  events: [exception],
                },
              ],
            ],
          },
        ],
      ],
    },
  ],
])
const [root, payment, query] = spans as [ReceivedSpan, ReceivedSpan, ReceivedSpan]
const findings: AnalysedParts['findings'] = [{ id: 'n+1', level: 'warning', fingerprint: '5bd1' }]

function understood(text: string): Query {
  const parsed = parseQuery(text)
  if (isQueryError(parsed)) throw new Error(`${text}: ${parsed.message}`)
  return parsed
}

function matches(text: string, of: readonly ReceivedSpan[] = spans): boolean {
  const analyse = (): AnalysedParts => ({ findings, selfMicrosOf: (span) => (span === payment ? 280_000 : 0) })
  return understood(text).matches(queriedTrace({ traceId: root.traceId, spans: of, run: '12:01', analyse }))
}

function hits(text: string): string[] {
  const trace = queriedTrace({ traceId: root.traceId, spans })
  return spans.filter((span) => understood(text).holdsFor(span, trace)).map(({ name }) => name)
}

describe('a trace is found', () => {
  test.each([
    '',
    'service:payments',
    'service:PAYMENTS',
    'service=payments',
    'name:"charge card"',
    'name:charge*',
    'name~charge',
    'name~/^POST .*out$/',
    'kind:server',
    'status:error',
    'duration>200ms',
    'duration >= 0.3s duration<=300000us',
    'self>250ms',
    'trace:4bf92f',
    'trace.duration=400ms',
    'spans>2 services=2',
    'services:payments',
    'root:"POST /checkout"',
    'finding:n+1',
    'finding:warning',
    'finding!=error',
    'run:12:01',
    'rows=42',
    'rows=42.0',
    'rows>41',
    'big=9007199254740993',
    'tags:red',
    'tags!=green',
    'db.query.text:"select * from stock"',
    'exception.message:"card declined"',
    'service.name=payments',
    'checkout',
    '"Deadlock detected"',
    'declined',
    '42',
    root.traceId,
    query.spanId,
    'service:payments duration>200ms',
    'service:nobody OR service:payments',
    'service:storefront AND kind:server',
    'service:payments (status:error OR duration>10s)',
    '{service:storefront} >> {status:error}',
    '{service:storefront} > {name:"charge card"}',
    '{kind:server OR kind:consumer} >> {kind:client -status:ok}',
    '-name:health',
    'service:payments -finding:slow-query',
    '"rows":42',
    '  service:payments  ',
  ])('by %s', (text) => expect(matches(text)).toBe(true))
})

describe('a trace is not found', () => {
  test.each([
    'service:shop',
    'service=PAYMENTS',
    'name:charge',
    'status:ok',
    'duration>400ms',
    'service:storefront status:error',
    'self>300ms',
    'trace:92f3577',
    'spans>3',
    'services!=payments',
    'root:"charge card"',
    'finding:error',
    'rows>42',
    'rows!=42',
    'absent!=42',
    'tags!=red',
    'name:"SELECT . stock"',
    'constructor~*',
    '{service:storefront} > {status:error}',
    '{status:error} >> {service:storefront}',
    '{service:payments} >> {service:storefront}',
    '-status:error',
    'service:storefront -name~card',
    '-(service:payments status:error)',
    '-spans>2',
    '{service:payments -status:error -duration>200ms}',
    '"name":work',
  ])('by %s', (text) => expect(matches(text)).toBe(false))
})

test('terms beside one another hold for one span, and within a trace those spans are the hits', () => {
  expect(hits('service:payments')).toEqual(['charge card', 'select stock'])
  expect(hits('service:payments -status:error')).toEqual(['charge card'])
  expect(hits('{service:storefront} >> {kind:client}')).toEqual(['select stock'])
  expect(hits('status:error OR kind:server')).toEqual(['POST /checkout', 'select stock'])
})

test('a trace is analysed only for a query that asks for it, and only once', () => {
  let analyses = 0
  const analyse = (): AnalysedParts => {
    analyses += 1
    return { findings, selfMicrosOf: () => 0 }
  }
  const trace = queriedTrace({ traceId: root.traceId, spans, analyse })
  understood('service:nobody finding:n+1').matches(trace)
  understood('name:* duration>1ms').matches(trace)
  expect(analyses).toBe(1)
  understood('finding:n+1 OR self>1ms').matches(trace)
  expect(analyses).toBe(1)
})

test('spans that are each other’s ancestors end a search for ancestors', () => {
  const a = { ...root, spanId: 'aaaaaaaaaaaaaaaa', parentSpanId: 'bbbbbbbbbbbbbbbb' }
  const b = { ...root, spanId: 'bbbbbbbbbbbbbbbb', parentSpanId: 'aaaaaaaaaaaaaaaa', name: 'b' }
  expect(matches('{name:nowhere} >> {name:b}', [a, b])).toBe(false)
  expect(matches('root:*', [a, b])).toBe(true)
})

test.each([
  ['service:', 'a value is missing after :', ':'],
  ['service:a OR', 'a condition is missing here', ''],
  ['(service:a', 'this ( is never closed', '('],
  ['service:a)', 'this ) closes nothing', ')'],
  ['{a} >> b', 'after >> stands { … }', '>> '],
  ['a >> {b}', '>> stands between { … } and { … }', '>>'],
  ['name:"charge', 'this quote is never closed', '"charge'],
  [':x', 'a key is missing before :', ':'],
  ['duration>200', 'duration takes a number with a unit: duration>200ms', 'duration>200'],
  ['status:500', 'the code of a response is http.response.status_code', 'status:500'],
  ['kind:web', 'kind is one of server, client', 'kind:web'],
  ['name>5', 'name is text', 'name>5'],
  ['spans>many', 'spans takes a whole number: spans>10', 'spans>many'],
  ['order.id>abc', '> compares numbers', 'order.id>abc'],
  ['name~/(/', 'this is no regular expression', '/(/'],
  ['name~/(a+)+$/', 'a group that is repeated may hold neither repeats nor alternatives', '/(a+)+$/'],
  ['name~/((ab)*c|d)*x/', 'a group that is repeated', '/((ab)*c|d)*x/'],
  ['a!b', '! stands before = only', '!'],
  ['('.repeat(25), 'nested more than 20 deep', '('],
  ['x'.repeat(2_001), 'a query has 2000 characters at most', 'x'],
])('%s is wrong, and the place is said', (text, message, marked) => {
  const parsed = parseQuery(text)
  if (!isQueryError(parsed)) throw new Error('was understood')
  expect(parsed.message).toContain(message)
  expect(text.slice(parsed.start, parsed.end)).toBe(marked)
})

test('a text of any kind is read to its end within milliseconds, and is a query or an error with a place in it', () => {
  const piece = fc.constantFrom(
    'a',
    'name',
    ':',
    '=',
    '~',
    '/',
    '"',
    '\\',
    '(',
    ')',
    '{',
    '}',
    '>',
    '-',
    ' ',
    'OR',
    '*',
    'é',
    '😀',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), (pieces) => {
      const text = pieces.join('')
      const parsed = parseQuery(text)
      if (!isQueryError(parsed))
        return typeof parsed.matches(queriedTrace({ traceId: root.traceId, spans })) === 'boolean'
      return parsed.start >= 0 && parsed.start <= parsed.end && parsed.end <= text.length
    }),
  )
})
