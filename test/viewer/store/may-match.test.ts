import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AttributeValue, ReceivedSpan } from '../../../src/viewer/model/received-span.js'
import type { TraceStore } from '../../../src/viewer/model/trace-store.js'
import { parseQuery } from '../../../src/viewer/query/parse.js'
import { queriedTrace } from '../../../src/viewer/query/queried-trace.js'
import { isQueryError, type Query } from '../../../src/viewer/query/query.js'
import { mayMatch } from '../../../src/viewer/store/may-match.js'
import { memoryStore } from '../../../src/viewer/store/memory.js'
import { fuzzRuns } from '../../helpers/fuzz-runs.js'
import { resource, span, spanId, traceId } from '../helpers/spans.js'

function parsed(text: string): Query {
  const query = parseQuery(text)
  if (isQueryError(query)) throw new Error(`${text}: ${query.message}`)
  return query
}

function matching(store: TraceStore, query: Query, where = mayMatch(query)): string[] {
  return store
    .summaries(where && { where })
    .filter((summary) =>
      query.matches(queriedTrace({ traceId: summary.traceId, spans: store.spansOf(summary.traceId) })),
    )
    .map((summary) => summary.traceId)
}

const WORDS = [
  'orders',
  'Orders',
  'GET /orders',
  'stock',
  '42',
  '4.20',
  'a*b',
  'grün',
  'ſ',
  'ı',
  'K',
  '',
  'x'.repeat(50),
]
const KEYS = ['order.id', 'name', 'host.name', 'service.name', 'list']

const word = fc.constantFrom(...WORDS)
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  word,
  fc.constantFrom(42, 4.2, 4200, true, null, 42n),
  fc.array(word, { maxLength: 2 }),
  fc.record({ inner: word }),
)
const attributes = fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 3 })
const anySpan: fc.Arbitrary<ReceivedSpan> = fc
  .record({
    trace: fc.integer({ min: 1, max: 4 }),
    id: fc.integer({ min: 1, max: 9 }),
    parent: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    name: word,
    service: word,
    own: attributes,
    ofResource: attributes,
    ofEvent: attributes,
    status: fc.constantFrom('unset' as const, 'error' as const),
    statusMessage: word,
    durationMicros: fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined }),
  })
  .map((given) =>
    span({
      traceId: traceId(given.trace),
      spanId: spanId(given.id),
      ...(given.parent !== undefined && { parent: spanId(given.parent) }),
      name: given.name,
      status: given.status,
      statusMessage: given.statusMessage,
      startMicros: 1_000,
      endMicros: given.durationMicros === undefined ? undefined : 1_000 + given.durationMicros,
      attributes: given.own,
      resource: { ...resource(given.service, given.ofResource), service: given.service },
      events: [{ name: given.name, timeMicros: 1, attributes: given.ofEvent, droppedAttributesCount: 0 }],
    }),
  )

const quoted = fc.constantFrom(...WORDS, 'ord', 'K', 's', 'I').map((text) => JSON.stringify(text))
const term = fc.oneof(
  quoted,
  fc.constantFrom(traceId(2), spanId(3), spanId(9)),
  fc
    .tuple(fc.constantFrom('service', 'name', 'root', ...KEYS, '"name"'), fc.constantFrom(':', '=', '!=', '~'), quoted)
    .map((parts) => parts.join('')),
  fc.constantFrom('name:*ord*', 'service~*s', 'name~/ord/', 'order.id>41', 'order.id=42.0', 'order.id:42', 'list:*42*'),
  fc.constantFrom(
    'status:error',
    'status!=error',
    'status:unset',
    'kind:server',
    'spans>1',
    'spans>=2',
    'spans<3',
    'spans:2',
  ),
  fc
    .tuple(
      fc.constantFrom('duration', 'trace.duration'),
      fc.constantFrom('>', '>=', '<', '<='),
      fc.constantFrom('1ms', '5ms', '0us'),
    )
    .map((parts) => parts.join('')),
)
const negatable = fc.tuple(fc.constantFrom('', '', '-'), term).map((parts) => parts.join(''))
const both = fc.tuple(negatable, negatable).map((parts) => parts.join(' '))
const anyQuery = fc.oneof(
  negatable,
  both,
  fc.tuple(both, both).map((parts) => parts.join(' OR ')),
  fc.tuple(term, term).map(([above, below]) => `{${above}} >> {${below}}`),
  fc.tuple(term, both).map(([one, group]) => `${one} (${group})`),
)

test('no trace that a query matches is left out, whatever it holds', () => {
  let left = 0
  fc.assert(
    fc.property(fc.array(anySpan, { maxLength: 12 }), anyQuery, (spans, text) => {
      const query = parseQuery(text)
      if (isQueryError(query)) return
      const store = memoryStore({ now: () => 1 })
      // As they arrive: some traces in several requests.
      store.add(spans.slice(0, 5))
      store.add(spans.slice(5))
      const where = mayMatch(query)
      left += store.counts().traces - store.summaries(where && { where }).length
      expect(matching(store, query)).toEqual(matching(store, query, undefined))
    }),
    { numRuns: fuzzRuns(0.02) },
  )
  expect(left).toBeGreaterThan(100)
})

describe('traces are left out', () => {
  const store = memoryStore({ now: () => 1 })
  for (let n = 0; n < 1_000; n++) {
    const shop = resource(n % 2 === 0 ? 'orders' : 'stock', { 'host.name': `host-${n % 10}` })
    store.add([
      span({
        traceId: traceId(n),
        spanId: spanId(n),
        name: `GET /${n}`,
        attributes: { 'order.id': n, customer: `C-${n}` },
        status: n % 100 === 0 ? 'error' : 'unset',
        endMicros: 1_700_000_000_000_000 + n * 1_000,
        resource: shop,
      }),
    ])
  }

  test.each([
    ['customer:c-777', 1],
    ['"GET /77"', 11],
    ['status:error duration>500ms', 5],
    ['service:stock host.name=host-3', 100],
    ['order.id=777', 1],
    ['trace.duration>=998ms', 2],
    ['customer:c-1 OR customer:c-999', 112],
    [traceId(5), 1],
  ])('by %s all but %i', (text, count) => {
    const query = parsed(text)
    const where = mayMatch(query)
    expect(store.summaries(where && { where })).toHaveLength(count)
    expect(matching(store, query)).toEqual(matching(store, query, undefined))
  })
})
