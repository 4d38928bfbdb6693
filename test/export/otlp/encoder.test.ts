import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { otlpProtobufEncoder } from '../../../src/export/otlp/encoder.js'
import { decoded, decodedSpan } from './decoded.js'
import { span } from './example-span.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('spans of the SDK arrive as its own serializer would send them', () => {
  const ended: ReadableSpan[] = []
  const encoder = otlpProtobufEncoder()
  const processor = {
    onStart: () => undefined,
    onEnd: (each: ReadableSpan) => {
      ended.push(each)
      encoder.add(each)
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('shop', '1.2.3')
  const parent = tracer.startSpan('parent', { links: [{ context: span().spanContext(), attributes: { a: ['b'] } }] })
  tracer.startSpan('child', { attributes: { 'a.b': 1.5, c: [true, false] } }).end()
  parent.recordException(new Error('it failed'))
  parent.end()
  expect(decoded(encoder.take())).toEqual(decoded(ProtobufTraceSerializer.serializeRequest(ended)))
})

test('without spans the request is empty', () => {
  const encoder = otlpProtobufEncoder()
  expect(encoder.take()).toHaveLength(0)
  encoder.add(span())
  encoder.take()
  expect(encoder.take()).toHaveLength(0)
})

test('a batch far larger than the first buffer arrives whole', () => {
  const encoder = otlpProtobufEncoder()
  const spans = Array.from({ length: 10_000 }, (_, i) => span({ name: `span ${i}`, attributes: { i, half: i / 2 } }))
  for (const each of spans) encoder.add(each)
  expect(decoded(encoder.take())).toEqual(decoded(ProtobufTraceSerializer.serializeRequest(spans)))
})

const KEYS = Array.from({ length: 1_000 }, (_, i) => `k${i}`)
const KNOWN = Object.fromEntries(KEYS.map((key) => [key, true]))
const NOWHERE = { ...span().spanContext(), traceId: '', spanId: '' }

test.each<[what: string, fields: object]>([
  ['items', { attributes: { a: Array.from({ length: 3_000 }, () => true) } }],
  ['numbers', { attributes: { a: Array.from({ length: 3_000 }, (_, i) => -i) } }],
  ['empty arrays and maps', { attributes: { a: KEYS.map(() => [[], {}]) } }],
  ['attributes with a known key', { attributes: KNOWN }],
  ['pairs of a map', { attributes: { KNOWN } }],
  ['bytes', { attributes: { a: new Uint8Array(10_000).fill(7) } }],
  ['events', { events: KEYS.map(() => ({ name: '', time: [1, 2] })) }],
  ['links', { links: KEYS.map(() => ({ context: NOWHERE })) }],
])('thousands of %s find room, though each asks for little', (_what, fields) => {
  encode([span({ attributes: KNOWN })])
  expect(decoded(encode([span(fields)]))).toEqual(decoded(ProtobufTraceSerializer.serializeRequest([span(fields)])))
})

test('thousands of spans with nothing in them find room', () => {
  const spans = KEYS.map(() => span({ name: '', spanContext: () => NOWHERE }))
  expect(decoded(encode(spans))).toEqual(decoded(ProtobufTraceSerializer.serializeRequest(spans)))
})

function encode(spans: readonly ReadableSpan[]): Uint8Array {
  const encoder = otlpProtobufEncoder()
  for (const each of spans) encoder.add(each)
  expect(encoder.spans).toBe(spans.length)
  return encoder.take()
}

test('byteLength says about what take returns, the resource aside', () => {
  const encoder = otlpProtobufEncoder()
  const resource = resourceFromAttributes({})
  for (let i = 1; i <= 300; i++) {
    encoder.add(span({ resource, instrumentationScope: i % 3 === 0 ? SCOPES[0] : SCOPES[1], attributes: { i } }))
    if (i % 100 !== 0) continue
    const said = encoder.byteLength
    expect(Math.abs(encoder.take().length - said)).toBeLessThan(20)
  }
})

const SCOPES = [{ name: 'a scope' }, { name: 'another scope', schemaUrl: 'https://example.com/a/long/schema/url' }]

test('attributes of a resource that settle after the span has ended are in the request', async () => {
  const encoder = otlpProtobufEncoder()
  const resource = resourceFromAttributes({ late: Promise.resolve('there') })
  encoder.add(span({ resource }))
  await resource.waitForAsyncAttributes?.()
  expect(decoded(encoder.take()).resourceSpans[0]?.resource?.attributes).toMatchObject([{ key: 'late' }])
})

test('a resource is read for each batch while its attributes are pending, and once after that', async () => {
  const encoder = otlpProtobufEncoder()
  const late = Promise.withResolvers<string>()
  const resource = resourceFromAttributes({ early: 1, late: late.promise })
  const sent: Uint8Array[] = []
  for (let batch = 1; batch <= 3; batch++) {
    encoder.add(span({ resource }))
    if (batch === 2) late.resolve('there')
    if (batch === 2) await resource.waitForAsyncAttributes?.()
    // Nobody changes a resource that has settled; here it tells whether it is read again.
    if (batch === 3) Object.defineProperty(resource, 'attributes', { value: {} })
    sent.push(encoder.take())
  }
  const keys = sent.map((bytes) => decoded(bytes).resourceSpans[0]?.resource?.attributes.map(({ key }) => key))
  expect(keys).toEqual([['early'], ['early', 'late'], ['early', 'late']])
})

test('a resource that says nothing of pending attributes is read once', () => {
  const encoder = otlpProtobufEncoder()
  let reads = 0
  const resource = {
    get attributes() {
      return { reads: ++reads }
    },
  }
  for (let batch = 1; batch <= 3; batch++) {
    encoder.add(span({ resource }))
    encoder.take()
  }
  expect(reads).toBe(1)
})

test('inherited attributes are not sent', () => {
  const encoder = otlpProtobufEncoder()
  encoder.add(span({ attributes: Object.assign(Object.create({ inherited: 1 }) as object, { own: 2 }) }))
  expect(decodedSpan(encoder.take()).attributes.map(({ key }) => key)).toEqual(['own'])
})

test('lengths take no more bytes than they need, and defaults take none', () => {
  const encoder = otlpProtobufEncoder()
  const nowhere = { spanContext: () => ({ traceId: '', spanId: '', traceFlags: 1 }), name: '', kind: undefined }
  encoder.add(span({ ...nowhere, startTime: [-1, 0], endTime: [-1, 0] }))
  // A span of status (7a) and flags (85 01) alone.
  expect(Buffer.from(encoder.take()).toString('hex')).toMatch(/12087a0085010101\w{4}$/)
})

test('a text of any length fits where it comes, however many bytes its characters take', () => {
  for (let length = 100; length < 4_200; length += 50) {
    const encoder = otlpProtobufEncoder()
    const name = '€'.repeat(length)
    encoder.add(span({ name }))
    expect(decodedSpan(encoder.take()).name).toBe(name)
  }
})

test('a span is as it was when it was added', () => {
  const encoder = otlpProtobufEncoder()
  const attributes = { a: 'then' }
  encoder.add(span({ attributes }))
  attributes.a = 'later'
  expect(decodedSpan(encoder.take()).attributes[0]?.value?.stringValue).toBe('then')
})

test('a batch that was taken stays as it is while the next ones are encoded', () => {
  const encoder = otlpProtobufEncoder()
  encoder.add(span({ name: 'first' }))
  const first = encoder.take()
  encoder.add(span({ name: 'other' }))
  encoder.take()
  expect(decodedSpan(first).name).toBe('first')
})

test('thousands of keys that never come again do not mix up the ones that do', () => {
  const encoder = otlpProtobufEncoder()
  for (let i = 0; i < 5_000; i++) {
    encoder.add(span({ attributes: { [`header.${i}`]: i, again: i } }))
    expect(decodedSpan(encoder.take()).attributes.map(({ key }) => key)).toEqual([`header.${i}`, 'again'])
  }
})

test('scopes and resources that never come again are forgotten', () => {
  const encoder = otlpProtobufEncoder()
  const bytesBefore = arrayBufferBytes()
  for (let i = 0; i < 1_000; i++) {
    encoder.add(span({ instrumentationScope: { name: `scope ${i}` } }))
    encoder.add(span({ resource: resourceFromAttributes({ i }) }))
    encoder.take()
  }
  // Each one has a buffer of 4 kB while it is known.
  expect(arrayBufferBytes() - bytesBefore).toBeLessThan(500_000)
  encoder.add(span())
})

test('the scope of the last span can be used again after it was forgotten', () => {
  const encoder = otlpProtobufEncoder()
  const scopes = Array.from({ length: 100 }, (_, i) => ({ name: `scope ${i}` }))
  for (const scope of scopes) encoder.add(span({ instrumentationScope: scope }))
  encoder.take()
  encoder.take()
  encoder.add(span({ name: 'again', instrumentationScope: scopes.at(-1) }))
  expect(decodedSpan(encoder.take()).name).toBe('again')
})

test('the memory of an exceptional batch is given back', () => {
  const encoder = otlpProtobufEncoder()
  const bytesBefore = arrayBufferBytes()
  encoder.add(span({ name: 'long'.repeat(10_000_000) }))
  expect(arrayBufferBytes() - bytesBefore).toBeGreaterThan(40_000_000)
  encoder.take()
  expect(arrayBufferBytes() - bytesBefore).toBeLessThan(2_000_000)
  encoder.add(span())
})

function arrayBufferBytes(): number {
  // Array buffers are freed in the background; another collection waits until that is done.
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}
