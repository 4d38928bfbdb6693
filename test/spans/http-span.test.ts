import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { withHttpSpan } from '../../src/spans/http-span.js'
import { TestTracing } from './tracing.js'

test('a request is a CLIENT span named by method and route, with the address of the server', () => {
  const tracing = new TestTracing()
  const request = { method: 'GET', url: 'https://api.example.com/users/17?page=2', route: '/users/{id}' }
  expect(withHttpSpan(request, () => 'answer')).toBe('answer')
  const span = tracing.named('GET /users/{id}')
  expect(span.kind).toBe(SpanKind.CLIENT)
  expect(span.attributes).toEqual({
    'http.request.method': 'GET',
    'server.address': 'api.example.com',
    'server.port': 443,
    'url.full': 'https://api.example.com/users/17?page=2',
    'url.template': '/users/{id}',
  })
})

test('hands over the headers that carry the trace to the server', () => {
  const tracing = new TestTracing()
  const headers = withHttpSpan({ method: 'GET', url: 'http://localhost' }, (_span, given) => given)
  const { traceId, spanId } = tracing.named('GET').spanContext()
  expect(headers).toEqual({ traceparent: `00-${traceId}-${spanId}-01` })
})

test.each([
  ['get', 'GET', 'GET', 'get'],
  ['BREW', 'HTTP', '_OTHER', 'BREW'],
  ['PATCH', 'PATCH', 'PATCH', undefined],
])('methods are few: %s', (method, name, normalized, original) => {
  const tracing = new TestTracing()
  withHttpSpan({ method, url: 'http://localhost' }, () => {})
  const { attributes } = tracing.named(name)
  expect(attributes['http.request.method']).toBe(normalized)
  expect(attributes['http.request.method_original']).toBe(original)
})

test.each([
  ['credentials', 'https://ann:pw@example.com/a', 'https://REDACTED:REDACTED@example.com/a'],
  ['a name alone', 'https://ann@example.com/a', 'https://REDACTED:REDACTED@example.com/a'],
  [
    'signatures',
    'https://e.com/a?x=1&X-Amz-Signature=ab&sig=c%20d#f',
    'https://e.com/a?x=1&X-Amz-Signature=REDACTED&sig=REDACTED#f',
  ],
  ['keys in disguise', 'https://e.com/?%73ig=secret', 'https://e.com/?%73ig=REDACTED'],
  ['keys in capitals', 'https://e.com/?SIG=secret&q=a+b&%zz', 'https://e.com/?SIG=REDACTED&q=a+b&%zz'],
  ['other keys', 'https://e.com/?SIGN=shown&q=a+b&%zz', 'https://e.com/?SIGN=shown&q=a+b&%zz'],
])('secrets do not stay in the URL: %s', (_name, url, shown) => {
  const tracing = new TestTracing()
  withHttpSpan({ method: 'GET', url }, () => {})
  expect(tracing.named('GET').attributes['url.full']).toBe(shown)
})

test('addresses of all kinds: with a port, IPv6, a URL object, and what is no URL', () => {
  const tracing = new TestTracing()
  for (const url of ['http://localhost:8080/a', new URL('http://[::1]/a'), '/relative']) {
    withHttpSpan({ method: 'GET', url }, () => {})
  }
  expect(tracing.ended.map(({ attributes }) => [attributes['server.address'], attributes['server.port']])).toEqual([
    ['localhost', 8080],
    ['::1', 80],
    [undefined, undefined],
  ])
})

test.each([
  ['a Response', new Response('', { status: 503 }), 503],
  ['statusCode', { statusCode: 404 }, 404],
])('a status of 400 and more is an error: %s', async (_name, response, status) => {
  const tracing = new TestTracing()
  expect(await withHttpSpan({ method: 'GET', url: 'http://localhost' }, () => Promise.resolve(response))).toBe(response)
  expect(tracing.named('GET')).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { 'http.response.status_code': status, 'error.type': String(status) },
    events: [],
  })
})

test('a status below 400 is on the span and no error', () => {
  const tracing = new TestTracing()
  withHttpSpan({ method: 'GET', url: 'http://localhost' }, () => new Response('', { status: 201 }))
  expect(tracing.named('GET')).toMatchObject({
    status: { code: SpanStatusCode.UNSET },
    attributes: { 'http.response.status_code': 201 },
  })
})

test('a status that is none is not taken for one', () => {
  const tracing = new TestTracing()
  for (const status of ['shipped', 7, 1_000, 400.5]) {
    withHttpSpan({ method: 'GET', url: 'http://localhost' }, () => ({ status }))
  }
  expect(tracing.ended.map(({ attributes }) => attributes['http.response.status_code'])).toEqual(
    Array(4).fill(undefined),
  )
})

test('an error that carries the response has its status', async () => {
  const tracing = new TestTracing()
  const error = Object.assign(new Error('bad gateway'), { response: { status: 502 } })
  await expect(withHttpSpan({ method: 'GET', url: 'http://localhost' }, () => Promise.reject(error))).rejects.toBe(
    error,
  )
  expect(tracing.named('GET')).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { 'http.response.status_code': 502, 'error.type': '502' },
  })
})

test('attributes of the caller are stronger', () => {
  const tracing = new TestTracing()
  withHttpSpan({ method: 'GET', url: 'http://localhost', attributes: { 'server.address': 'inventory' } }, () => {})
  expect(tracing.named('GET').attributes['server.address']).toBe('inventory')
})
