import { expect, test } from 'vitest'
import { headerRedactor, redactor, redactUrls, secretsOfHeader } from '../../../src/internal/diagnostics/redact.js'

const redacting = (...values: string[]): ((text: string) => string) => redactor(values.flatMap(secretsOfHeader))

test('values that are too short to be secrets are left alone', () => {
  expect(redacting('1', 'on', 'eu1')('connect ECONNREFUSED 127.0.0.1:4318, again on eu1')).toBe(
    'connect ECONNREFUSED 127.0.0.1:4318, again on eu1',
  )
})

test('short values are replaced where they are words of their own, long ones everywhere', () => {
  const redact = redacting('shop', 'a.long.secret+value')
  expect(redact('shop, "shop" and workshop')).toBe('***, "***" and workshop')
  expect(redact('xa.long.secret+valuex')).toBe('x***x')
  expect(redacting('a+b(c')('got a+b(c.')).toBe('got ***.')
})

test('values are found as they were written, decoded, encoded, and without their scheme', () => {
  const redact = redacting('Bearer%20s3cr3t', 'k3y/k3y')
  expect(redact('Bearer%20s3cr3t, Bearer s3cr3t, s3cr3t, k3y/k3y, k3y%2Fk3y')).toBe('***, ***, ***, ***, ***')
})

test('the second word of a value that names no scheme is left alone where it is too short for a token', () => {
  expect(redacting('payments team')('x-team: payments team')).toBe('x-team: ***')
  expect(redacting('Custom abcdefgh')('abcdefgh')).toBe('***')
})

test('URLs lose user, password and query', () => {
  expect(redactUrls('"https://ada:pw@host:4318/v1?key=abc" is wrong, http://host/a@b?')).toBe(
    '"https://***@host:4318/v1?***" is wrong, http://host/a@b?',
  )
})

test('hides header values wherever they turn up, as they were written, decoded, and without their scheme', () => {
  const redact = headerRedactor(['authorization=Bearer%20s3cr3t,x-team=payments', 'api-key=k3y%2Fk3y'])
  expect(redact('got "Bearer s3cr3t" and s3cr3t and Bearer%20s3cr3t')).toBe('got "***" and *** and ***')
  expect(redact('k3y/k3y or k3y%2Fk3y of payments')).toBe('*** or *** of ***')
})

test('hides what lets somebody in by a URL, and nothing else of it', () => {
  const redact = headerRedactor([])
  expect(redact('"https://ada:pw@host:4318/v1/traces?key=abc" is wrong')).toBe(
    '"https://***@host:4318/v1/traces?***" is wrong',
  )
  expect(redact('http://host/a@b and a question? yes')).toBe('http://host/a@b and a question? yes')
})

test('takes no ordinary words out of a text for a header that is short', () => {
  expect(headerRedactor(['x-env=a'])('a span')).toBe('a span')
})
