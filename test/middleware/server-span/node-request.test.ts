import { describe, expect, test } from 'vitest'
import { requestAttributes } from '../../../src/middleware/server-span/incoming-request.js'
import { incomingRequest } from '../../../src/middleware/server-span/node-server-span.js'

const attributes = (headers: Record<string, string | string[]>, rest: object = {}) =>
  requestAttributes(
    incomingRequest({
      method: 'GET',
      url: '/',
      headers,
      socket: { remoteAddress: '10.0.0.1', remotePort: 9 },
      ...rest,
    }),
  )

describe('who the client is, behind proxies', () => {
  test.each<[Record<string, string | string[]>, string]>([
    [{}, '10.0.0.1'],
    [{ 'x-forwarded-for': '192.0.2.1, 10.0.0.9' }, '192.0.2.1'],
    [{ 'x-forwarded-for': '192.0.2.1:5000' }, '192.0.2.1'],
    [{ 'x-forwarded-for': '[2001:db8::1]:5000' }, '2001:db8::1'],
    [{ 'x-forwarded-for': '2001:db8::1' }, '2001:db8::1'],
    [{ 'x-forwarded-for': ['192.0.2.7', '192.0.2.8'] }, '192.0.2.7'],
    [{ forwarded: 'for=192.0.2.60;proto=http, for=10.0.0.9', 'x-forwarded-for': '192.0.2.1' }, '192.0.2.60'],
    [{ forwarded: 'By=10.0.0.2; For="[2001:db8::1]:4711"' }, '2001:db8::1'],
    [{ forwarded: 'for=_hidden' }, '_hidden'],
    [{ forwarded: 'for=unknown' }, '10.0.0.1'],
    [{ 'x-forwarded-for': '<script>' }, '10.0.0.1'],
    [{ 'x-forwarded-for': 'a'.repeat(5_000) }, '10.0.0.1'],
  ])('%j', (headers, address) => {
    expect(attributes(headers)).toMatchObject({ 'client.address': address, 'network.peer.address': '10.0.0.1' })
  })
})

test.each<[Record<string, string>, object, string]>([
  [{}, {}, 'http'],
  [{}, { socket: { encrypted: true } }, 'https'],
  [{ 'x-forwarded-proto': 'https,http' }, {}, 'https'],
  [{ forwarded: 'proto=HTTPS' }, {}, 'https'],
  [{ 'x-forwarded-proto': 'gopher' }, {}, 'http'],
])('the scheme with %j and %j', (headers, rest, scheme) => {
  expect(attributes(headers, rest)['url.scheme']).toBe(scheme)
})

test.each<[Record<string, string>, string | undefined, number | undefined]>([
  [{ host: 'shop.example' }, 'shop.example', undefined],
  [{ host: 'shop.example:8080' }, 'shop.example', 8080],
  [{ host: '[::1]:8080' }, '::1', 8080],
  [{ ':authority': 'shop.example:8443' }, 'shop.example', 8443],
  [{ host: '10.0.0.2', 'x-forwarded-host': 'shop.example, inner' }, 'shop.example', undefined],
  [{ host: '10.0.0.2', forwarded: 'host="shop.example:443"' }, 'shop.example', 443],
  [{ host: 'shop.example:99999' }, 'shop.example', undefined],
  [{ host: 'a b' }, undefined, undefined],
  [{ host: 'user@evil/path' }, undefined, undefined],
  [{}, undefined, undefined],
])('the server with %j', (headers, address, port) => {
  const found = attributes(headers)
  expect([found['server.address'], found['server.port']]).toEqual([address, port])
})

test.each([
  ['/a/b?x=1', '/a/b', 'x=1'],
  ['/a?', '/a', undefined],
  ['http://shop.example/a?x=1', '/a', 'x=1'],
  ['*', '*', undefined],
  ['//double/slash?q', '//double/slash', 'q'],
  ['/%zz?sig=secret&%zz', '/%zz', 'sig=REDACTED&%zz'],
])('the path and query of %s', (url, path, query) => {
  const found = attributes({}, { url })
  expect([found['url.path'], found['url.query']]).toEqual([path, query])
})

test('a mounted app shows the URL that was asked for', () => {
  expect(attributes({}, { url: '/7', originalUrl: '/shop/7' })['url.path']).toBe('/shop/7')
})

test.each([
  ['get', 'GET', 'get'],
  ['BREW', '_OTHER', 'BREW'],
  ['QUERY', 'QUERY', undefined],
])('the method %s', (method, normalized, original) => {
  const found = attributes({}, { method })
  expect([found['http.request.method'], found['http.request.method_original']]).toEqual([normalized, original])
})

test('versions of HTTP go by their short names, and a socket may be gone', () => {
  expect(attributes({}, { httpVersion: '2.0' })['network.protocol.version']).toBe('2')
  expect(attributes({}, { httpVersion: '1.0' })['network.protocol.version']).toBe('1.0')
  expect(attributes({}, { socket: null })).not.toHaveProperty('client.address')
})
