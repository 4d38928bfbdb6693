import { describe, expect, test } from 'vitest'
import { redactedArguments, redactedCommandLine } from '../../../src/internal/privacy/secret-arguments.js'
import { isSecretName } from '../../../src/internal/privacy/secret-names.js'
import { redactedText } from '../../../src/internal/privacy/secret-text.js'
import { redactedPath, redactedQuery, redactedUrl } from '../../../src/internal/privacy/redacted-url.js'

test.each([
  ['token', true],
  ['X-Amz-Security-Token', true],
  ['x-amz-signature', true],
  ['AWSAccessKeyId', true],
  ['api_key', true],
  ['apiKey', true],
  ['client_secret', true],
  ['DB_PASSWORD', true],
  ['session', true],
  ['code', true],
  ['sig', true],
  ['postcode', false],
  ['max_tokens', false],
  ['author', false],
  ['page', false],
  ['sessions', false],
])('a value that is called %s is secret: %s', (name, isSecret) => {
  expect(isSecretName(name)).toBe(isSecret)
})

describe('URLs', () => {
  test('lose credentials and secret parameters, in any case and however they are encoded, and nothing else', () => {
    expect(redactedUrl('https://ada:p@ss@example.org:8443/a;b=1?x=%20&Token=s3cret&t%6Fken=s3cret&y#z')).toBe(
      'https://REDACTED:REDACTED@example.org:8443/a;b=1?x=%20&Token=REDACTED&t%6Fken=REDACTED&y#z',
    )
    expect(redactedUrl('/login?X-AMZ-SIGNATURE=s3cret&next=/')).toBe('/login?X-AMZ-SIGNATURE=REDACTED&next=/')
    expect(redactedUrl('https://example.org/@user/path?q=a@b')).toBe('https://example.org/@user/path?q=a@b')
  })

  test('lose what stands in the fragment, in the path, and in a URL within a parameter', () => {
    expect(redactedUrl('https://example.org/cb#access_token=s3cret&state=1')).toBe(
      'https://example.org/cb#access_token=REDACTED&state=1',
    )
    expect(redactedPath('/shop;jsessionid=s3cret/cart;v=2')).toBe('/shop;jsessionid=REDACTED/cart;v=2')
    expect(redactedQuery('next=%2Fcb%3Fcode%3Ds3cret&a=1%3D2')).toBe('next=REDACTED&a=1%3D2')
  })

  test('a query that is not encoded as it should be is read all the same', () => {
    expect(redactedQuery('%E0%A4%A=1&token=%zz&=&==&token')).toBe('%E0%A4%A=1&token=REDACTED&=&==&token')
  })
})

describe('arguments of commands', () => {
  test('lose the values of flags that are called like secrets', () => {
    expect(
      redactedArguments([
        'node',
        'app.js',
        '--password=s3cret',
        '--api-key',
        's3cret',
        '-token',
        's3cret',
        '--port',
        '80',
      ]),
    ).toEqual(['node', 'app.js', '--password=REDACTED', '--api-key', 'REDACTED', '-token', 'REDACTED', '--port', '80'])
    expect(redactedArguments(['--token', '--verbose', '--secret'])).toEqual(['--token', '--verbose', '--secret'])
  })

  test('lose secrets that have no flag of their own', () => {
    expect(
      redactedArguments([
        'DB_PASSWORD=s3cret',
        '--url=postgres://ada:s3cret@db/shop',
        '-H',
        'Authorization: Bearer s3cret',
      ]),
    ).toEqual(['DB_PASSWORD=REDACTED', '--url=postgres://REDACTED:REDACTED@db/shop', '-H', 'Authorization: REDACTED'])
  })

  test('are distinguished in a whole line, where they may stand in quotes', () => {
    expect(redactedCommandLine('node "my app.js" --password "s3 cret" --port 80')).toBe(
      'node "my app.js" --password REDACTED --port 80',
    )
  })
})

test.each([
  ['connect to redis://:s3cret@cache:6379 failed', 'connect to redis://REDACTED:REDACTED@cache:6379 failed'],
  ['GET https://api/x?a=1&token=s3cret: 401', 'GET https://api/x?a=1&token=REDACTED 401'],
  ['{"user":"ada","password":"s3cret"}', '{"user":"ada","password":"REDACTED"}'],
  ["{ user: 'ada', apiKey: 's3cret' }", "{ user: 'ada', apiKey: 'REDACTED' }"],
  ['{\\"client_secret\\":\\"s3cret\\"}', '{\\"client_secret\\":\\"REDACTED\\"}'],
  ['request with authorization: Bearer s3cret', 'request with authorization: REDACTED'],
  ['refused Bearer s3cret.token-1', 'refused Bearer REDACTED'],
  ['jwt eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2ln is no good', 'jwt REDACTED is no good'],
  ['-----BEGIN RSA PRIVATE KEY-----\ns3cret\n-----END RSA PRIVATE KEY-----', 'REDACTED'],
  ['Unexpected token \'}\', "{}}" is not valid JSON', 'Unexpected token \'}\', "{}}" is not valid JSON'],
  ['invalid token: expired', 'invalid token: expired'],
  ['Basic authentication failed for ada', 'Basic authentication failed for ada'],
])('%j is shown as %j', (text, shown) => {
  expect(redactedText(text)).toBe(shown)
})

test('a long hostile text takes no longer than its length asks for', () => {
  const began = performance.now()
  for (const part of ['a', 'a=', '"a":', 'password=', 'eyJ', '://', 'bearer ', '-----BEGIN ', '; ', '\\"'])
    redactedText(part.repeat(16_384 / part.length))
  expect(performance.now() - began).toBeLessThan(500)
})
