import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import { expect, test } from 'vitest'
import { otlpJsonEncoder } from '../../../src/export/otlp/json-encoder.js'
import { decodeJson } from '../../helpers/otlp-sink/decode.js'
import { span } from './example-span.js'

const SPANS = Array.from({ length: 100 }, (_, i) =>
  span({
    name: `span ${i}`,
    attributes: { i, text: 'a text of some length' },
    events: [{ time: [1, 2], name: 'event' }],
  }),
)

function fail(): never {
  throw new Error('not yours to read')
}

test('takes what the stock serializer writes, in memory of its size', () => {
  const encoder = otlpJsonEncoder()
  for (const each of SPANS) encoder.add(each)
  expect(encoder.spans).toBe(100)
  const bytes = encoder.take()
  expect(Buffer.from(bytes)).toEqual(Buffer.from(JsonTraceSerializer.serializeRequest(SPANS) ?? []))
  expect(bytes.buffer).toBeInstanceOf(ArrayBuffer)
  expect(bytes.buffer.byteLength).toBe(bytes.length)
  expect(encoder).toMatchObject({ spans: 0, byteLength: 0 })
})

test('without spans there are no bytes', () => {
  expect(otlpJsonEncoder().take()).toHaveLength(0)
})

test('byteLength says about what take returns', () => {
  const encoder = otlpJsonEncoder()
  for (const each of SPANS) encoder.add(each)
  const said = encoder.byteLength
  const { length } = encoder.take()
  expect(said).toBeGreaterThan(length / 2)
  expect(said).toBeLessThan(length * 2)
})

test('a span, a scope and a resource that throw cost what throws, and nothing else', () => {
  const encoder = otlpJsonEncoder()
  const hostile = Object.defineProperty({ a: 1 }, 'secret', { get: fail, enumerable: true })
  encoder.add(span({ name: 'before' }))
  encoder.add(span({ attributes: hostile, events: null }))
  encoder.add(span({ resource: { attributes: hostile }, instrumentationScope: { name: 'scope', attributes: hostile } }))
  const { message, problems } = decodeJson(encoder.take().slice())
  expect(problems).toEqual([])
  const groups = message.resourceSpans
  expect(groups.map(({ scopeSpans }) => scopeSpans.map(({ spans }) => spans.length))).toEqual([[2], [1]])
  expect(groups[0]?.scopeSpans[0]?.spans[1]).toMatchObject({ attributes: [{ key: 'a' }], droppedAttributesCount: 1 })
  expect(groups[1]?.resource?.attributes).toMatchObject([{ key: 'a' }])
})
