import { INVALID_SPAN_CONTEXT } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { checkTraceResponseHeaders, writeTraceResponseHeaders } from '../../src/propagation/response-headers.js'

const spanContext = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const BOTH = ['traceresponse', 'server-timing'] as const

function written(before: Record<string, string>, times = 1): Record<string, string> {
  const headers = new Map(Object.entries(before))
  const target = {
    get: (name: string) => headers.get(name),
    set: (name: string, value: string) => headers.set(name, value),
  }
  for (let i = 0; i < times; i++) writeTraceResponseHeaders(target, spanContext, BOTH)
  return Object.fromEntries(headers)
}

test.each([
  [{}, `traceparent;desc="${traceparent}"`],
  [{ 'server-timing': 'db;dur=5' }, `db;dur=5, traceparent;desc="${traceparent}"`],
  [{ 'server-timing': 'a;desc="x, y", b' }, `a;desc="x, y", b, traceparent;desc="${traceparent}"`],
  [{ 'server-timing': 'traceparent;desc="00-old", b' }, `b, traceparent;desc="${traceparent}"`],
])('the timing stands beside %j', (before, timing) => {
  expect(written(before)['server-timing']).toBe(timing)
})

test.each([
  [{}, 'Server-Timing'],
  [{ 'access-control-expose-headers': 'ETag' }, 'ETag, Server-Timing'],
  [{ 'access-control-expose-headers': 'etag, server-timing' }, 'etag, server-timing'],
  [{ 'access-control-expose-headers': '*' }, '*'],
])('pages of other origins may read it, with %j', (before, exposed) => {
  expect(written(before)['access-control-expose-headers']).toBe(exposed)
})

test('writing once more changes nothing', () => {
  expect(written({ 'server-timing': 'db;dur=5' }, 2)).toEqual(written({ 'server-timing': 'db;dur=5' }))
})

test('without a span nothing is written, and headers that refuse do no harm', () => {
  const refusing = {
    get: () => undefined,
    set() {
      throw new Error('sent already')
    },
  }
  expect(() => writeTraceResponseHeaders(refusing, INVALID_SPAN_CONTEXT, BOTH)).not.toThrow()
  expect(() => writeTraceResponseHeaders(refusing, spanContext, BOTH)).not.toThrow()
})

test.each([
  ['traceresponse', 'names must be an array, got "traceresponse"'],
  [['traceparent'], `names[0] must be 'traceresponse' or 'server-timing', got "traceparent"`],
])('%j is refused', (given, message) => {
  expect(() => checkTraceResponseHeaders('names', given)).toThrow(message)
})
