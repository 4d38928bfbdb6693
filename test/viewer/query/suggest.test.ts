import { expect, test } from 'vitest'
import { parseQuery } from '../../../src/viewer/query/parse.js'
import { isQueryError } from '../../../src/viewer/query/query.js'
import { suggestions, unknownKeys, type SeenKeys } from '../../../src/viewer/query/suggest.js'

const seen: SeenKeys = {
  keys: ['order.id', 'http.response.status_code', 'name'],
  values: { service: ['storefront', 'payments'], 'order.id': ['A-1', 'B 2'] },
}

function suggested(text: string, cursor?: number): string[] {
  return suggestions(text, seen, cursor).items.map((item) => item.text)
}

test('keys are suggested by how they begin, then by what they hold', () => {
  expect(suggested('serv')).toEqual(['service', 'services'])
  expect(suggested('service:a -sta')).toEqual(['status', 'http.response.status_code'])
  expect(suggested('{order')).toEqual(['order.id'])
})

test('an attribute with the name of a built-in key is suggested in quotes', () => {
  expect(suggested('')).toContain('service')
  expect(suggestions('name', { keys: ['name'], values: {} }).items.map(({ text }) => text)).toEqual(['name', '"name"'])
})

test('values of a key are suggested, in quotes where they need them', () => {
  expect(suggested('status:')).toEqual(['error', 'ok', 'unset'])
  expect(suggested('service:pay')).toEqual(['payments'])
  expect(suggested('order.id="B')).toEqual(['"B 2"'])
  expect(suggested('duration>')).toEqual([])
})

test('a suggestion replaces what stands before the cursor', () => {
  const { start, end } = suggestions('service:pay status:error', seen, 11)
  expect('service:pay status:error'.slice(start, end)).toBe('pay')
})

test('a key that no span has is named, with those that are written alike', () => {
  const query = parseQuery('service:a {oder.id:1} > {status_code:500}')
  if (isQueryError(query)) throw new Error(query.message)
  expect(unknownKeys(query, seen)).toEqual([
    { key: 'oder.id', start: 11, end: 18, instead: ['order.id'] },
    { key: 'status_code', start: 25, end: 36, instead: ['http.response.status_code'] },
  ])
})
