import { expect, test } from 'vitest'
import { parseBaseline } from '../../../src/viewer/text/baseline.js'

test('a baseline is an output of --json, a list of muted findings, or a list of fingerprints', () => {
  expect(
    parseBaseline('{"schema":"spanwright.view/1","findings":[{"fingerprint":"a1"},{"fingerprint":"b2"}]}'),
  ).toEqual(new Set(['a1', 'b2']))
  expect(parseBaseline('["a1"]')).toEqual(new Set(['a1']))
  expect(parseBaseline('[]').size).toBe(0)
})

test.each([
  ['', 'it is no JSON'],
  ['{}', 'it has no list of findings'],
  ['"a1"', 'it has no list of findings'],
  ['[{"id":"n+1"}]', 'one of its findings has no fingerprint'],
])('the file %s is refused: %s', (text, message) => expect(() => parseBaseline(text)).toThrow(message))
