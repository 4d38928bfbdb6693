import fc from 'fast-check'

/** A request as it goes over the wire, and what the handler does with it. */
export interface Exchange {
  readonly raw: string
  readonly answer: Answer
}

export type Answer =
  | { readonly kind: 'ends'; readonly status: number | string; readonly route?: string | undefined }
  | { readonly kind: 'ends later'; readonly status: number; readonly route?: string | undefined }
  | { readonly kind: 'destroys socket' }
  | { readonly kind: 'destroys response'; readonly error: unknown }
  | { readonly kind: 'throws'; readonly error: unknown }
  | { readonly kind: 'throws after end'; readonly error: unknown }
  | { readonly kind: 'fails'; readonly error: unknown; readonly times: number }
  | { readonly kind: 'fails after close'; readonly error: unknown }

const constant = fc.constantFrom
const often = <T>(weight: number, plain: readonly T[], odd: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: constant(...plain) }, { weight: 1, arbitrary: odd })

const method = often(
  6,
  ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'QUERY', 'TRACE'],
  constant('PROPFIND', 'M-SEARCH', 'PURGE', 'get', 'Get', 'MKCOL', 'LINK', 'CONNECT', 'NOTIFY'),
)

/** What URL's parser treats in a way of its own, and what looks like it. */
const piece = constant(
  ...[
    '/',
    '//',
    '.',
    '..',
    '/../',
    '/./',
    '%2e',
    '%2E%2e',
    '%2f',
    '%41',
    '%',
    '%zz',
    '%c3%a9',
    '\\',
    '\\u002e',
    '*',
    ';p=1',
  ],
  ...[
    '+',
    '~',
    '-',
    '_',
    '!',
    '$',
    '&',
    "'",
    '(',
    ')',
    ',',
    '=',
    ':',
    '@',
    '|',
    '^',
    '{',
    '}',
    '`',
    '"',
    '<',
    '>',
    '[',
    ']',
  ],
  ...['a', 'items', 'A9', 'é', '\u00ff', '\t', '#', '...', '/.well-known', '.%2e', 'C:', '%00', '%20'],
)
const oddPath = fc.oneof(
  fc.array(piece, { maxLength: 6 }).map((pieces) => `/${pieces.join('')}`),
  constant(
    '*',
    'http://elsewhere.example/a/../b',
    'https://u:p@h:99/x',
    'http:///',
    '//elsewhere/x',
    '/',
    'a',
    '\\\\x\\y',
  ),
)
const path = often(
  3,
  ['/', '/items/7', '/a.b/c-d_e~f', '/static//x', '/v1/users:batch', '/a;v=1/b', '/%41%42'],
  oddPath,
)

const secret = constant('sig', 'Sig', 'SIG', 'Signature', 'signature', 'AWSAccessKeyId', 'awsaccesskeyid').map(String)
const name = fc.oneof(
  secret,
  constant('X-Goog-Signature', 'X-Amz-Signature', 'x-amz-credential', 'X-Amz-Credential', 'X-Amz-Security-Token'),
  constant('a', 'b.c', 'page', 'mysig', 'sig2', 'design', '%73ig', 'a[]', 'é', '', 'Signature%20', 'a+b', '*-._', '~'),
)
const value = constant(
  '',
  '1',
  'x y',
  'a%20b',
  '%',
  'a+b',
  '=',
  'a=b',
  'é',
  '~',
  '*-._',
  "'",
  '%7E',
  '%2a',
  '?',
  '/',
  '#x',
)
const pair = fc.oneof(
  fc.tuple(name, value).map(([key, text]) => `${key}=${text}`),
  name,
)
const oddQuery = fc.array(pair, { maxLength: 4 }).map((pairs) => `?${pairs.join('&')}`)
const query = often(2, ['', '', '?a=1', '?page=2&size=10', '?x=', '?'], oddQuery)

const host = often(
  3,
  [
    'localhost',
    'example.com',
    'api.example.com:8080',
    '127.0.0.1:3000',
    '10.0.0.7',
    'EXAMPLE.com:443',
    'a:80',
    'my_service:80',
    '_dmarc.a_b',
  ],
  constant(
    ...[
      '',
      '[::1]',
      '[::1]:8080',
      '::1',
      'a:',
      'a:b',
      'a:1:2',
      'a:99999',
      'a:65536',
      '1.2.3',
      '1.2.3.4.5',
      '256.1.1.1',
      '0x7f.1',
    ],
    ...[
      'a..b',
      '.',
      '..',
      '-',
      'a_b',
      'xn--a',
      'xn--bcher-kva.example',
      'a.xn--',
      '1',
      '09',
      'a.09',
      'a.1',
      'a.0x',
      'a.1.',
      'é.example',
    ],
    ...[
      'u@h',
      'a b',
      'a,b',
      '%41',
      'a/b',
      'a:0',
      'a:080',
      'a:00080',
      '999999999999',
      'my_service:80',
      '*',
      'a.example.',
    ],
  ),
)
const address = constant(
  ...[
    '1.2.3.4',
    '203.0.113.9',
    '1.2.3.4:80',
    '::1',
    '[::1]:80',
    '2001:db8::1',
    'unknown',
    '_hidden',
    '',
    '1.2.3',
    '01.2.3.4',
  ],
  ...[
    '256.1.1.1',
    '1.2.3.4.5',
    '0x7f.0.0.1',
    'a b',
    '"1.2.3.4"',
    '1.2.3.4/24',
    'é',
    '%31',
    '1',
    '017.0.0.1',
    '127.0.0.1 ',
  ],
)
const list = <T extends string>(item: fc.Arbitrary<T>): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(item, { minLength: 1, maxLength: 3 }), constant(',', ', ', ' , '))
    .map(([items, by]) => items.join(by))
const protocol = constant(
  'http',
  'https',
  'HTTP',
  'ws',
  '',
  'http,https',
  'constructor',
  '__proto__',
  'toString',
  'https ',
)
const traceparent = constant(
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
  '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
  'nothing',
)
const forwarded = constant(
  'for=1.2.3.4',
  'for=1.2.3.4;host=a:1;proto=https',
  'host="[::1]:8"',
  '',
  '"',
  'by=x',
  'for="[::1]:8"',
)
const forwardedHost = fc.oneof(host, list(host))
const userAgent = constant('curl/8.0', '', 'Googlebot alwayson', 'é', '"', 'a '.repeat(300))

const header = fc.oneof(
  { weight: 3, arbitrary: list(address).map((text) => `X-Forwarded-For: ${text}`) },
  { weight: 3, arbitrary: forwardedHost.map((text) => `X-Forwarded-Host: ${text}`) },
  { weight: 3, arbitrary: protocol.map((text) => `X-Forwarded-Proto: ${text}`) },
  { weight: 1, arbitrary: forwarded.map((text) => `Forwarded: ${text}`) },
  { weight: 2, arbitrary: userAgent.map((text) => `User-Agent: ${text}`) },
  { weight: 2, arbitrary: traceparent.map((text) => `traceparent: ${text}`) },
  { weight: 1, arbitrary: host.map((text) => `Host: ${text}`) },
  { weight: 1, arbitrary: constant('tracestate: a=1', 'Cookie: sig=1', 'Expect: 100-continue', 'Upgrade: h2c') },
)
const hostHeader = fc.oneof(
  { weight: 9, arbitrary: host.map((text) => [`Host: ${text}`]) },
  { weight: 1, arbitrary: constant([]) },
)

export const rawRequest: fc.Arbitrary<string> = fc
  .record({
    method,
    path,
    query,
    version: constant('1.1', '1.1', '1.0'),
    hostHeader,
    headers: fc.array(header, { maxLength: 4 }),
  })
  .map(({ method, path, query, version, hostHeader, headers }) =>
    [`${method} ${path}${query} HTTP/${version}`, ...hostHeader, ...headers, 'Connection: close', '', ''].join('\r\n'),
  )

class OutOfStock extends Error {
  override name = 'OutOfStock'
}

/** Two servers have to record the same. */
function withoutStack(error: Error): Error {
  error.stack = `${error.name}: at a place`
  return error
}

const error: fc.Arbitrary<unknown> = constant<unknown[]>(
  ...[withoutStack(new Error('broken')), withoutStack(new OutOfStock('none left')), withoutStack(new TypeError(''))],
  ...[withoutStack(Object.assign(new Error('reset'), { code: 'ECONNRESET' })), 'in words', 7, { message: 'plain' }, {}],
)
const status = often(2, [200, 201, 204, 304, 404, 500, 503], fc.integer({ min: 200, max: 599 }))
const route = constant(undefined, undefined, '/items/:id', '/', '')

export const answer: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: constant('ends' as const), status, route }) },
  { weight: 1, arbitrary: fc.record({ kind: constant('ends' as const), status: constant('404', '503'), route }) },
  { weight: 2, arbitrary: fc.record({ kind: constant('ends later' as const), status, route }) },
  fc.record({ kind: constant('destroys socket' as const) }),
  fc.record({ kind: constant('destroys response' as const), error: fc.option(error, { nil: undefined }) }),
  fc.record({ kind: constant('throws' as const), error }),
  fc.record({ kind: constant('throws after end' as const), error }),
  fc.record({ kind: constant('fails' as const), error, times: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ kind: constant('fails after close' as const), error }),
)

export const exchange: fc.Arbitrary<Exchange> = fc.record({ raw: rawRequest, answer })
