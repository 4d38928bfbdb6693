import { describe, expect, test } from 'vitest'
import { createHash, createHmac } from 'node:crypto'
import { canExplode } from '../../../src/internal/privacy/pattern-check.js'
import { checkRedact, formatRedact } from '../../../src/internal/privacy/redact-option.js'
import type { RedactOption } from '../../../src/internal/privacy/redact-rules.js'
import { createRedaction } from '../../../src/internal/privacy/redaction.js'
import { TracingConfigError } from '../../../src/internal/checks/validate.js'

const redacting = (...rules: RedactOption[]): ReturnType<typeof createRedaction> => createRedaction(rules)

describe('a rule', () => {
  test('that is a name is for whole attributes, whatever their type', () => {
    const redaction = redacting('user.*', 'card')
    expect(redaction.attribute('user.email', 'ada@example.org')).toBe('REDACTED')
    expect(redaction.attribute('card', 4111)).toBe('REDACTED')
    expect(redaction.attribute('userid', 'ada')).toBe('ada')
    expect(redaction.text('ada@example.org')).toBe('ada@example.org')
  })

  test('that is a pattern is for all texts, numbers of seven digits among them, as often as it is found', () => {
    const redaction = redacting(/\b\d{13,16}\b/)
    expect(redaction.attribute('any', 'cards 4111111111111111 and 4222222222222')).toBe('cards REDACTED and REDACTED')
    expect(redaction.attribute('any', 4_111_111_111_111_111)).toBe('REDACTED')
    expect(redaction.attribute('any', 200)).toBe(200)
    expect(redaction.text('charge 4111111111111111')).toBe('charge REDACTED')
  })

  test('with both is for the texts of these attributes', () => {
    const redaction = redacting({ attributes: ['app.*', 'note'], pattern: /\d+/, replacement: '#' })
    expect(redaction.attribute('note', 'a1b22')).toBe('a#b#')
    expect(redaction.attribute('other', 'a1')).toBe('a1')
    expect(redaction.text('a1')).toBe('a1')
  })

  test('may remove attributes, and parts of texts', () => {
    const redaction = redacting({ attributes: 'gone', action: 'remove' }, { pattern: /, secret/, action: 'remove' })
    expect(redaction.attribute('gone', 'x')).toBeUndefined()
    expect(redaction.attribute('kept', 'public, secret')).toBe('public')
  })

  test('may hash, with a key or without', () => {
    const plain = createHash('sha256').update('ada').digest('hex').slice(0, 16)
    const keyed = createHmac('sha256', 'k').update('ada').digest('hex').slice(0, 16)
    expect(redacting({ attributes: 'user', action: 'hash' }).attribute('user', 'ada')).toBe(plain)
    const redaction = redacting({ pattern: /ada/, action: 'hash', hashKey: 'k' })
    expect(redaction.text('hello ada')).toBe(`hello ${keyed}`)
  })

  test('reaches what is in lists and maps', () => {
    const redaction = redacting('user.email', /secret/)
    expect(redaction.attribute('user', { email: 'ada', tags: ['a secret', 'b'], age: 7 })).toEqual({
      email: 'REDACTED',
      tags: ['a REDACTED', 'b'],
      age: 7,
    })
  })

  test('with any flags and with references to groups does what it does alone', () => {
    const redaction = redacting(/(a)\1/, /(b)\1/gi, /^c/my)
    expect(redaction.text('aa BB b\nc')).toBe('REDACTED REDACTED b\nREDACTED')
  })
})

test('in a long text matches are found wherever they are', () => {
  const text = `${'x '.repeat(2_046)}SECRET-1 ${'y '.repeat(3_000)}SECRET-2 ${'z'.repeat(9_000)}SECRET-3`
  const redaction = redacting(/SECRET-\d/)
  expect(redaction.text(text)).toBe(text.replace(/SECRET-\d/g, 'REDACTED'))
})

test.each([
  /(a+)+$/,
  /(a|a)+$/,
  /(a|aa)+$/,
  /.*.*=/,
  /^(([a-z])+.)+[A-Z]([a-z])+$/,
  /(x+x+)+y/,
  /(\w+\s?)+$/,
  /[\p{L}--[a-z]]+/v,
])('the pattern %s can explode, and is refused with a stable code', (pattern) => {
  expect(canExplode(pattern)).toBe(true)
  expect(() => checkRedact('redact', [pattern])).toThrow(
    expect.objectContaining({
      name: 'TracingConfigError',
      code: 'ERR_OPTION_PATTERN',
      option: 'redact[0]',
      received: pattern,
    }) as Error,
  )
})

test.each([
  /\b\d{13,16}\b/,
  /[\w.+-]+@[\w-]+(\.[\w-]+)+/,
  /Bearer [\w.-]+/i,
  /\b\d{3}-\d{2}-\d{4}\b/,
  /AKIA[0-9A-Z]{16}/,
  /\b(?:\d{1,3}\.){3}\d{1,3}\b/,
  /"password"\s*:\s*"[^"]*"/,
  /(token|secret|password)[=:]\s*["']?[^"'\s&]+/gi,
  /\p{L}+@\p{L}+/u,
])('the pattern %s, as people write them, is taken', (pattern) => {
  expect(() => checkRedact('redact', [pattern])).not.toThrow()
})

test.each<[unknown, string, string]>([
  ['user', 'redact', 'ERR_OPTION_TYPE'],
  [[''], 'redact[0]', 'ERR_OPTION_RANGE'],
  [[7], 'redact[0]', 'ERR_OPTION_TYPE'],
  [[[]], 'redact[0]', 'ERR_OPTION_TYPE'],
  [[{}], 'redact[0]', 'ERR_OPTION_RANGE'],
  [[{ attribute: 'a' }], 'redact[0].attribute', 'ERR_OPTION_UNKNOWN'],
  [[{ attributes: ['a', 7] }], 'redact[0].attributes[1]', 'ERR_OPTION_TYPE'],
  [[{ pattern: 'a' }], 'redact[0].pattern', 'ERR_OPTION_TYPE'],
  [[{ pattern: /a*/ }], 'redact[0].pattern', 'ERR_OPTION_RANGE'],
  [[{ attributes: 'a', action: 'mask' }], 'redact[0].action', 'ERR_OPTION_RANGE'],
  [[{ attributes: 'a', replacement: 7 }], 'redact[0].replacement', 'ERR_OPTION_TYPE'],
  [[{ attributes: 'a', hashKey: '' }], 'redact[0].hashKey', 'ERR_OPTION_RANGE'],
])('%j is refused: %s is wrong, %s', (given, option, code) => {
  let thrown: unknown
  try {
    checkRedact('redact', given)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(TracingConfigError)
  expect(thrown).toMatchObject({ option, code })
})

test('the doctor shows what is redacted, and no key', () => {
  expect(formatRedact(['user.*', /\d+/, { attributes: ['a', 'b'], pattern: /x/, hashKey: 'k3y' }])).toBe(
    'user.*, /\\d+/, a b /x/',
  )
})
