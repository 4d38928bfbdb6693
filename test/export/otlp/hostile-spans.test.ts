import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { otlpProtobufEncoder } from '../../../src/export/otlp/encoder.js'
import { attributesFrom, type ReceivedAttributes } from '../../helpers/otlp-sink/attributes.js'
import type { KeyValueMessage, SpanMessage } from '../../helpers/otlp-sink/message.js'
import { decoded, decodedSpan } from './decoded.js'
import { span } from './example-span.js'

function fail(): never {
  throw new Error('not yours to read')
}

const throwing = {
  get secret(): string {
    return fail()
  },
}

const unreadable = new Proxy({}, { get: fail, getOwnPropertyDescriptor: fail, has: fail, ownKeys: fail })

/** What arrives of a span with these fields; one that is in good order before and after it arrives whole. */
function sent(fields: object): SpanMessage {
  const encoder = otlpProtobufEncoder()
  for (const each of [span({ name: 'before' }), span(fields), span({ name: 'after' })]) encoder.add(each)
  expect(encoder.spans).toBe(3)
  const spans = decoded(encoder.take()).resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap((one) => one.spans),
  )
  expect(spans).toHaveLength(3)
  expect(spans.filter(({ name }) => name === 'before' || name === 'after')).toHaveLength(2)
  const [hostile] = spans.filter(({ name }) => name !== 'before' && name !== 'after')
  return hostile ?? fail()
}

function plain(pairs: readonly KeyValueMessage[]): ReceivedAttributes {
  return attributesFrom(pairs, (problem) => expect.fail(problem))
}

test('an attribute whose getter throws is left out and counted as dropped, the others arrive', () => {
  const attributes = Object.defineProperty({ a: 1, b: 'two' }, 'secret', { get: fail, enumerable: true })
  const message = sent({ attributes, droppedAttributesCount: 3 })
  expect(plain(message.attributes)).toEqual({ a: 1, b: 'two' })
  expect(message.droppedAttributesCount).toBe(4)
})

test('an attribute with a nested value that throws is left out', () => {
  const message = sent({ attributes: { a: { deep: [throwing] }, b: 2 } })
  expect(plain(message.attributes)).toEqual({ b: 2 })
  expect(message.droppedAttributesCount).toBe(1)
})

test('attributes that throw whatever one does with them cost no more than themselves', () => {
  const message = sent({ attributes: unreadable, name: 'the rest' })
  expect(message.attributes).toEqual([])
  expect(message.name).toBe('the rest')
})

test('an attribute that holds itself is left out', () => {
  const endless: Record<string, unknown> = { a: 1 }
  endless.left = endless
  endless.right = [endless, endless]
  const message = sent({ attributes: { endless, b: 2 } })
  expect(plain(message.attributes)).toEqual({ b: 2 })
  expect(message.droppedAttributesCount).toBe(1)
})

test('what is nested too deeply for protobuf libraries is left empty', () => {
  let deep: unknown = 'the bottom'
  for (let i = 0; i < 200; i++) deep = { deep }
  const message = sent({ attributes: { deep, b: 2 } })
  expect(plain(message.attributes)).toMatchObject({ b: 2, deep: { deep: { deep: {} } } })
  expect(JSON.stringify(plain(message.attributes))).not.toContain('the bottom')
})

test('a key like __proto__ arrives as any other, also from a span with something that throws', () => {
  const attributes = JSON.parse('{"__proto__": {"__proto__": 1}}') as object
  const withGetter = Object.defineProperty(attributes, 'secret', { get: fail, enumerable: true })
  const [pair] = sent({ attributes: withGetter }).attributes
  expect(pair?.key).toBe('__proto__')
  expect(pair?.value?.kvlistValue?.values[0]?.key).toBe('__proto__')
})

test.each([
  ['undefined', undefined, ''],
  ['a number', 42, '42'],
  ['a symbol', Symbol('named'), 'Symbol(named)'],
  ['an object whose toString throws', { toString: fail }, ''],
  ['an object with a text', { toString: () => 'a text' }, 'a text'],
])('a name that is %s', (_what, name, expected) => {
  expect(sent({ name, attributes: { a: 1 } })).toMatchObject({ name: expected, attributes: [{ key: 'a' }] })
})

test.each([
  'name',
  'kind',
  'spanContext',
  'parentSpanContext',
  'startTime',
  'endTime',
  'status',
  'attributes',
  'links',
  'events',
  'resource',
  'instrumentationScope',
  'droppedAttributesCount',
  'droppedEventsCount',
  'droppedLinksCount',
])('a span whose %s throws, is undefined or is null arrives without it', (field) => {
  const other = field === 'status' ? {} : { status: { code: 2, message: 'it failed' } }
  for (const descriptor of [{ get: fail }, { value: undefined }, { value: null }]) {
    const hostile = Object.defineProperty({ ...other }, field, { ...descriptor, enumerable: true })
    const message = sent(hostile)
    if (field !== 'status') expect(message.status).toEqual({ code: 2, message: 'it failed' })
    if (field !== 'name') expect(message.name).toBe('GET /items/:id')
  }
})

test('events and links with something that throws arrive without that', () => {
  const event = { time: [1, 2], name: 'read', attributes: throwing, droppedAttributesCount: 1 }
  const link = { context: { ...span().spanContext(), traceState: { serialize: fail } }, attributes: { a: throwing } }
  const message = sent({ events: [event, unreadable], links: [link, unreadable] })
  expect(message.events).toMatchObject([
    { name: 'read', timeUnixNano: 1_000_000_002n, attributes: [], droppedAttributesCount: 2 },
    { name: '', timeUnixNano: 0n },
  ])
  expect(message.links).toMatchObject([{ traceState: '', droppedAttributesCount: 1, attributes: [] }, {}])
  expect(Buffer.from(message.links[0]?.traceId ?? []).toString('hex')).toBe(span().spanContext().traceId)
})

test.each(['', 'abc', 'g'.repeat(32), 'ı'.repeat(32), '0'.repeat(30), '0'.repeat(34)])(
  'the trace id %j is left out: an id of another length makes a backend refuse the batch',
  (traceId) => {
    const message = sent({ spanContext: () => ({ traceId, spanId: 'B7AD6B7169203331', traceFlags: 1 }) })
    expect(message.traceId).toHaveLength(0)
    expect(Buffer.from(message.spanId).toString('hex')).toBe('b7ad6b7169203331')
  },
)

test.each([[[-1, 0]], [[0, -1]], [[NaN, 0]], [[0, Infinity]], [[2 ** 40, 0]]])(
  'the time %j, which has no place in the field, is left out',
  (startTime) => {
    expect(sent({ startTime }).startTimeUnixNano).toBe(0n)
  },
)

test('a span that a getter ends while another one is encoded arrives too, and both are whole', () => {
  const encoder = otlpProtobufEncoder()
  const attributes = {
    get a() {
      encoder.add(span({ name: 'inner' }))
      return 'outer'
    },
  }
  encoder.add(span({ name: 'outer', attributes }))
  expect(encoder.spans).toBe(2)
  expect(namesIn(encoder.take())).toEqual(['outer', 'inner'])
})

test('a getter that takes the batch while a span is encoded gets the whole ones, and the span is in the next batch', () => {
  const encoder = otlpProtobufEncoder()
  const taken: Uint8Array[] = []
  const attributes = {
    get a() {
      if (taken.length === 0) taken.push(encoder.take())
      return 'outer'
    },
  }
  encoder.add(span({ name: 'before' }))
  encoder.add(span({ name: 'outer', attributes }))
  expect(encoder.spans).toBe(1)
  expect([...taken, encoder.take()].map(namesIn)).toEqual([['before'], ['outer']])
})

test('a span that ends while the resource is read is in the next batch', () => {
  const encoder = otlpProtobufEncoder()
  const resource = {
    get attributes() {
      encoder.add(span({ name: 'told of it' }))
      return {}
    },
  }
  encoder.add(span({ name: 'first', resource }))
  expect(namesIn(encoder.take())).toEqual(['first'])
  expect(encoder.spans).toBe(1)
  expect(decodedSpan(encoder.take()).name).toBe('told of it')
})

test('a resource and a scope with something that throws arrive without that', () => {
  const encoder = otlpProtobufEncoder()
  const attributes = Object.defineProperty({ a: 1 }, 'secret', { get: fail, enumerable: true })
  const resource = { attributes, asyncAttributesPending: false, schemaUrl: 1 } as unknown as ReadableSpan['resource']
  encoder.add(span({ resource, instrumentationScope: { name: { toString: fail }, version: '1', attributes } }))
  const [group] = decoded(encoder.take()).resourceSpans
  expect(group?.resource).toMatchObject({ droppedAttributesCount: 1, attributes: [{ key: 'a' }] })
  expect(group?.scopeSpans[0]?.scope).toMatchObject({ name: '', version: '1', droppedAttributesCount: 1 })
})

function namesIn(bytes: Uint8Array): string[] {
  return decoded(bytes).resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
  )
}
