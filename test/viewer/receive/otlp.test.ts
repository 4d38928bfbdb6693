import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import type { ReceivedSpan } from '../../../src/viewer/model/received-span.js'
import { fuzzRuns } from '../../helpers/fuzz-runs.js'
import { MalformedError } from '../../../src/viewer/receive/decoded.js'
import { logsInJson, spansInJson } from '../../../src/viewer/receive/otlp-json.js'
import { logsInProtobuf, spansInProtobuf } from '../../../src/viewer/receive/otlp-protobuf.js'
import {
  EXPECTED_ATTRIBUTES,
  EXPECTED_SPAN,
  OTLP_JSON,
  OTLP_MESSAGE,
  protobufLogs,
  protobufRequest,
  SPAN_ID,
  TRACE_ID,
} from './encoded.js'

const ids = { traceId: Buffer.from(TRACE_ID, 'hex'), spanId: Buffer.from(SPAN_ID, 'hex') }
const inProtobuf = (...spans: object[]): Buffer => protobufRequest({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
const inJson = (...spans: object[]): ReceivedSpan[] =>
  spansInJson({ resourceSpans: [{ scopeSpans: [{ spans }] }] }).items

describe.each([
  ['protobuf', () => spansInProtobuf(protobufRequest(OTLP_MESSAGE))],
  ['JSON', () => spansInJson(OTLP_JSON)],
])('a span in %s', (_format, read) => {
  test('has all that was sent', () => {
    const { items, rejected } = read()
    expect(rejected).toBe(0)
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject(EXPECTED_SPAN)
  })

  test('has attributes of every type, and names of members among their keys', () => {
    const [span] = read().items
    expect(Object.entries(span?.attributes ?? {})).toEqual(EXPECTED_ATTRIBUTES)
    expect('constructor' in (span?.attributes ?? {})).toBe(false)
  })
})

describe('protobuf', () => {
  test('a resource and a scope may stand behind the spans they belong to', () => {
    const request = protobufRequest(OTLP_MESSAGE)
    const [resourceSpans] = fieldsOf(request)
    const [resource, scopeSpans] = fieldsOf(resourceSpans?.value ?? Buffer.alloc(0))
    const [scope, spans] = fieldsOf(scopeSpans?.value ?? Buffer.alloc(0))
    const turned = field(
      1,
      Buffer.concat([field(2, field(2, spans?.value), field(1, scope?.value)), field(1, resource?.value)]),
    )
    expect(spansInProtobuf(turned).items).toEqual(spansInProtobuf(request).items)
  })

  test('fields that are not known are stepped over', () => {
    const known = inProtobuf({ ...ids, name: 'a' })
    const unknown = Buffer.from([0xf8, 0x7f, 0x01, 0xf9, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8, 0xfd, 0x7f, 1, 2, 3, 4])
    const request = Buffer.concat([unknown, field(2047, Buffer.from('new')), known])
    expect(spansInProtobuf(request).items).toEqual(spansInProtobuf(known).items)
  })

  test.each([
    ['no trace id', { ...ids, traceId: Buffer.alloc(0) }],
    ['a trace id of zeros', { ...ids, traceId: Buffer.alloc(16) }],
    ['a span id of another length', { ...ids, spanId: Buffer.alloc(16, 1) }],
  ])('a span with %s is rejected, and counted', (_what, span) => {
    const { items, rejected } = spansInProtobuf(inProtobuf(span, { ...ids, name: 'right' }))
    expect([items.map(({ name }) => name), rejected]).toEqual([['right'], 1])
  })

  test('a parent of zeros is none', () => {
    const [span] = spansInProtobuf(inProtobuf({ ...ids, parentSpanId: Buffer.alloc(8) })).items
    expect(span?.parentSpanId).toBeUndefined()
  })

  test('short texts are one string for all spans, and do not mix those of one hash up', () => {
    const names = Array.from({ length: 20_000 }, (_, n) => `name ${n}`)
    const { items } = spansInProtobuf(inProtobuf(...names.map((name) => ({ ...ids, name }))))
    expect(items.map(({ name }) => name)).toEqual(names)
  })

  test('values nested a hundred thousand times end no process', () => {
    let value: Buffer = Buffer.from([0x08, 0x01])
    for (let n = 0; n < 200; n++) value = field(5, field(1, value))
    const deep = field(1, field(2, field(2, ...idFields(), field(9, field(1, Buffer.from('deep')), field(2, value)))))
    const [span] = spansInProtobuf(deep).items
    expect(JSON.stringify(span?.attributes)).toContain('(nested too deeply)')
    // As small as a message can be: each level has a length, so the bytes bound the depth, and the depth is bounded before.
    const cut = Buffer.alloc(200_000, 0x0a)
    expect(() => spansInProtobuf(cut)).toThrow(MalformedError)
  })

  test('two bytes an event do not fill the memory', () => {
    const events = Buffer.alloc(9_000_000)
    for (let at = 0; at < events.length; at += 2) events[at] = 0x5a
    const request = field(1, field(2, field(2, ...idFields(), events)))
    expect(() => spansInProtobuf(request)).toThrow('more values than a request may have')
  })

  test('of bytes that are changed, cut or made up, nothing is thrown but that they are malformed', () => {
    const request = protobufRequest(OTLP_MESSAGE)
    const changed = fc
      .tuple(fc.nat(request.length - 1), fc.nat(255), fc.nat(request.length))
      .map(([at, byte, length]) => {
        const bytes = Buffer.from(request)
        bytes[at] = byte
        return bytes.subarray(0, length)
      })
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 400 })), (bytes) => {
        for (const read of [spansInProtobuf, logsInProtobuf]) {
          try {
            for (const item of read(bytes).items)
              JSON.stringify(item, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedError)
          }
        }
      }),
      { numRuns: fuzzRuns(0.01) },
    )
  })

  test('spans are read as protobufjs reads them, whatever they hold', () => {
    const id = (length: number): fc.Arbitrary<Buffer> =>
      fc
        .uint8Array({ minLength: length, maxLength: length })
        .filter((bytes) => bytes.some((byte) => byte > 0))
        .map((bytes) => Buffer.from(bytes))
    const span = fc.record({
      traceId: id(16),
      spanId: id(8),
      name: fc.string({ unit: 'binary' }),
      kind: fc.nat(5),
      startTimeUnixNano: fc.bigInt(0n, 2n ** 63n).map(String),
      attributes: fc.array(
        fc.record({ key: fc.string(), value: fc.record({ stringValue: fc.string({ maxLength: 60 }) }) }),
      ),
    })
    fc.assert(
      fc.property(fc.array(span), (spans) => {
        const { items } = spansInProtobuf(inProtobuf(...spans))
        expect(items.map((item) => [item.traceId, item.spanId, item.name, Object.entries(item.attributes)])).toEqual(
          spans.map((sent) => [
            sent.traceId.toString('hex'),
            sent.spanId.toString('hex'),
            Buffer.from(sent.name).toString(),
            Object.entries(Object.fromEntries(sent.attributes.map(({ key, value }) => [key, value.stringValue]))),
          ]),
        )
        for (const [n, { startMicros }] of items.entries()) {
          expect(Math.abs(startMicros - Number(BigInt(spans[n]?.startTimeUnixNano ?? 0)) / 1000)).toBeLessThanOrEqual(
            startMicros * 2 ** -52,
          )
        }
      }),
      { numRuns: fuzzRuns(0.001) },
    )
  })
})

describe('JSON', () => {
  test('ids may be in capitals, and in base64 as other mappings of protobuf have them', () => {
    const base64 = { traceId: ids.traceId.toString('base64'), spanId: ids.spanId.toString('base64') }
    const capitals = { traceId: TRACE_ID.toUpperCase(), spanId: SPAN_ID.toUpperCase() }
    for (const span of inJson(base64, capitals)) expect([span.traceId, span.spanId]).toEqual([TRACE_ID, SPAN_ID])
  })

  test('enumerations may be names', () => {
    const [span] = inJson({
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      kind: 'SPAN_KIND_CLIENT',
      status: { code: 'STATUS_CODE_ERROR' },
    })
    expect([span?.kind, span?.status]).toEqual(['client', 'error'])
  })

  test('nanoseconds are exact to the microsecond as texts, and taken as numbers', () => {
    const [text, number] = inJson(
      { traceId: TRACE_ID, spanId: SPAN_ID, startTimeUnixNano: '1730291048681260750' },
      { traceId: TRACE_ID, spanId: SPAN_ID, startTimeUnixNano: 1730291048681260800 },
    )
    expect(text?.startMicros).toBe(1_730_291_048_681_260.75)
    expect(number?.startMicros).toBeCloseTo(1_730_291_048_681_260.8, 0)
  })

  test('what has another type than it should ends nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (inSpan, inMessage) => {
        const span = Object.fromEntries(
          ['attributes', 'events', 'links', 'status', 'kind', 'name', 'startTimeUnixNano'].map((key) => [key, inSpan]),
        )
        const [read] = inJson({ ...span, traceId: TRACE_ID, spanId: SPAN_ID })
        expect(read?.traceId).toBe(TRACE_ID)
        expect(spansInJson({ resourceSpans: inMessage }).items).toEqual([])
        expect(spansInJson({ resourceSpans: [{ resource: inMessage, scopeSpans: inMessage }] }).items).toEqual([])
        logsInJson({ resourceLogs: [{ scopeLogs: [{ logRecords: [inMessage] }] }] })
      }),
      { numRuns: fuzzRuns(0.003) },
    )
  })
})

test('a span that has not ended, or ended before it started, has no end', () => {
  const times = [
    { startTimeUnixNano: '2000', endTimeUnixNano: '0' },
    { startTimeUnixNano: '2000', endTimeUnixNano: '1000' },
    { startTimeUnixNano: '2000', endTimeUnixNano: '2000' },
  ]
  const expected = [undefined, undefined, 2]
  const { items } = spansInProtobuf(inProtobuf(...times.map((time) => ({ ...ids, ...time }))))
  expect(items.map(({ endMicros }) => endMicros)).toEqual(expected)
  const json = inJson(...times.map((time) => ({ traceId: TRACE_ID, spanId: SPAN_ID, ...time })))
  expect(json.map(({ endMicros }) => endMicros)).toEqual(expected)
})

test.each([
  ['orders', 'orders'],
  ['unknown_service:/home/someone/bin/node', 'node'],
  ['unknown_service:C:\\Program Files\\nodejs\\node.exe', 'node.exe'],
  ['unknown_service', 'unknown_service'],
  ['', 'unknown_service'],
])('the service of %s is %s', (name, service) => {
  const attributes = [{ key: 'service.name', value: { stringValue: name } }]
  const message = { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [{ ...ids }] }] }] }
  expect(spansInProtobuf(protobufRequest(message)).items[0]?.resource.service).toBe(service)
})

describe('logs', () => {
  const record = {
    timeUnixNano: '1730291048681260250',
    observedTimeUnixNano: '1730291048681260999',
    severityNumber: 17,
    body: { kvlistValue: { values: [{ key: 'message', value: { stringValue: 'declined' } }] } },
    attributes: [{ key: 'order.id', value: { intValue: '42' } }],
  }
  const without = { observedTimeUnixNano: '1000000', severityText: 'warning', body: { stringValue: 'no trace' } }
  const expected = [
    {
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      timeMicros: 1_730_291_048_681_260.25,
      severity: 'ERROR',
      body: { message: 'declined' },
      attributes: { 'order.id': 42 },
      resource: { service: 'unknown_service' },
    },
    { traceId: undefined, spanId: undefined, timeMicros: 1000, severity: 'warning', body: 'no trace' },
  ]
  const message = (own: object): Record<string, unknown> => ({
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ ...record, ...own }, without] }] }],
  })

  test('in protobuf carry the ids of their span', () => {
    expect(logsInProtobuf(protobufLogs(message(ids))).items).toMatchObject(expected)
  })

  test('in JSON carry the ids of their span', () => {
    expect(logsInJson(message({ traceId: TRACE_ID, spanId: SPAN_ID })).items).toMatchObject(expected)
  })
})

/** A field with a length: bytes, a text or a message. */
function field(number: number, ...parts: (Uint8Array | undefined)[]): Buffer {
  const value = Buffer.concat(parts.filter((part) => part !== undefined))
  return Buffer.concat([varint(number * 8 + 2), varint(value.length), value])
}

function idFields(): Buffer[] {
  return [field(1, ids.traceId), field(2, ids.spanId)]
}

function varint(value: number): Buffer {
  const bytes = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}

function fieldsOf(message: Buffer): { number: number; value: Buffer }[] {
  const fields = []
  let at = 0
  const read = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < message.length) {
    const number = read() >>> 3
    const length = read()
    fields.push({ number, value: message.subarray(at, at + length) })
    at += length
  }
  return fields
}
