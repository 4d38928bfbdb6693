import { expect, test } from 'vitest'
import { redactor, redactUrls, secretsOfHeader } from '../../../src/internal/diagnostics/redact.js'

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
