import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import assert from 'node:assert/strict'
import { expect, test } from 'vitest'
import { otlpProtobufEncoder, type SpanEncoder } from '../../../src/export/otlp/encoder.js'
import { fuzzRuns } from '../../helpers/fuzz-runs.js'
import type { SpanMessage } from '../../helpers/otlp-sink/message.js'
import { decodedInOrder, decodedSpan } from './decoded.js'
import { span } from './example-span.js'
import { batches, number, text, time } from './generated-spans.js'

const numRuns = fuzzRuns(0.02)

function encode(spans: readonly ReadableSpan[], encoder: SpanEncoder = otlpProtobufEncoder()): Uint8Array {
  for (const each of spans) encoder.add(each)
  expect(encoder.spans).toBe(spans.length)
  const bytes = encoder.take()
  expect(encoder.spans).toBe(0)
  expect(encoder.byteLength).toBe(0)
  expect(bytes.buffer).toBeInstanceOf(ArrayBuffer)
  expect(bytes.buffer.byteLength).toBe(bytes.byteLength)
  return bytes
}

test(
  'decodes to the same message as the request of the stock serializer, batch after batch',
  { timeout: 600_000 },
  () => {
    fc.assert(
      fc.property(batches, (all) => {
        const encoder = otlpProtobufEncoder()
        for (const spans of all) {
          const expected = decodedInOrder(ProtobufTraceSerializer.serializeRequest(spans))
          assert.deepEqual(decodedInOrder(encode(spans, encoder)), expected)
        }
      }),
      { numRuns },
    )
  },
)

test('an integer arrives exactly, and any other number as a double with the same bits', () => {
  fc.assert(
    fc.property(number, (value) => {
      const [attribute] = sent({ attributes: { value } }).attributes
      const isInt64 = Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63
      if (isInt64) expect(attribute?.value?.intValue).toBe(BigInt(value))
      else expect(attribute?.value?.doubleValue).toBe(value)
    }),
    { numRuns },
  )
})

test('a time arrives to the nanosecond', () => {
  fc.assert(
    fc.property(time, (startTime) => {
      const nanos = BigInt(startTime[0]) * 1_000_000_000n + BigInt(startTime[1])
      expect(sent({ startTime }).startTimeUnixNano).toBe(nanos)
    }),
    { numRuns },
  )
})

test('a text arrives as it was, lone surrogates as U+FFFD', () => {
  fc.assert(
    fc.property(text, (name) => {
      const decodedOne = sent({ name, attributes: { name } })
      expect(decodedOne.name).toBe(name.toWellFormed())
      expect(decodedOne.attributes[0]?.value?.stringValue).toBe(name.toWellFormed())
    }),
    { numRuns },
  )
})

function sent(fields: Partial<ReadableSpan>): SpanMessage {
  return decodedSpan(encode([span(fields)]))
}
