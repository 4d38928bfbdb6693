import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { countSpans, type Body } from '../../../bench/peers/count-spans.mjs'

const body = (kind: Body['kind'], text: string | Buffer, encoding?: string): Body => ({
  kind,
  headers: encoding === undefined ? {} : { 'content-encoding': encoding },
  chunks: [typeof text === 'string' ? Buffer.from(text) : text],
})

test('counts transactions and spans of Elastic’s agent, of a stream that was cut off, too', () => {
  const lines = [{ metadata: {} }, { transaction: { id: 'a' } }, { span: { id: 'b' } }, { error: { id: 'c' } }]
  const text = lines.map((line) => JSON.stringify(line)).join('\n')
  expect(countSpans([body('elastic', `${text}\n{"span":{"id":"d`)])).toBe(2)
  const whole = gzipSync(text)
  expect(countSpans([body('elastic', whole.subarray(0, whole.length - 8), 'gzip')])).toBe(2)
})

test('counts the spans of Sentry’s transactions, and those that come on their own', () => {
  const transaction = {
    type: 'transaction',
    contexts: { trace: { span_id: 'a' } },
    spans: [{ span_id: 'b', start_timestamp: 1 }],
  }
  const items = { items: [{ span_id: 'c', start_timestamp: 1 }] }
  const text = [{ sdk: {} }, { type: 'transaction' }, transaction].map((line) => JSON.stringify(line)).join('\n')
  expect(countSpans([body('sentry', text), body('sentry', `{"type":"span"}\n${JSON.stringify(items)}`)])).toBe(3)
})

test('counts a span of OTLP once, however often it arrives', () => {
  const field = (number: number, bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.of((number << 3) | 2, bytes.length), bytes])
  const span = (id: number): Buffer => field(2, field(2, Buffer.alloc(8, id)))
  const request = field(1, field(2, Buffer.concat([span(1), span(2)])))
  expect(countSpans([body('otlp', request), body('otlp', gzipSync(request), 'gzip')])).toBe(2)
})
