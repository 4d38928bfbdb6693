import { expect, test } from 'vitest'
import { spanTree } from './span-tree.js'

type TreeSpan = Parameters<typeof spanTree>[0][number]

function span(spanId: string, parentSpanId: string | undefined, more: Partial<TreeSpan> = {}): TreeSpan {
  const resource = { attributes: { 'service.name': 'shop' }, droppedAttributesCount: 0, schemaUrl: '' }
  const common = { traceId: 't1', kind: 'INTERNAL' as const, startUnixNano: 0n, resource }
  return { ...common, spanId, parentSpanId, name: `span ${spanId}`, ...more }
}

test('children stand under their parent in the order of their start, whatever the order of arrival', () => {
  const db = { attributes: { 'service.name': 'db' }, droppedAttributesCount: 0, schemaUrl: '' }
  const spans = [
    span('d', 'b', { startUnixNano: 4n, kind: 'CLIENT', resource: db }),
    span('c', 'a', { startUnixNano: 3n }),
    span('b', 'a', { startUnixNano: 2n }),
    span('a', undefined, { startUnixNano: 1n, kind: 'SERVER', name: 'GET /items/:id' }),
  ]
  expect(spanTree(spans)).toEqual([
    'SERVER GET /items/:id (shop)',
    '  INTERNAL span b (shop)',
    '    CLIENT span d (db)',
    '  INTERNAL span c (shop)',
  ])
})

test('equal starts are ordered by name, then by id', () => {
  const spans = [span('3', undefined), span('2', undefined, { name: 'a' }), span('1', undefined, { name: 'b' })]
  expect(spanTree(spans).map((line) => line.split(' (')[0])).toEqual(['INTERNAL a', 'INTERNAL b', 'INTERNAL span 3'])
})

test('a parent counts only in its own trace, and a lost one is told of', () => {
  const spans = [span('a', undefined), span('b', 'a', { traceId: 't2' })]
  expect(spanTree(spans)).toEqual(['INTERNAL span a (shop)', 'INTERNAL span b (shop) [parent not received]'])
})

test('a span that arrived twice is there twice, its children once', () => {
  const spans = [span('a', undefined), span('a', undefined), span('b', 'a')]
  expect(spanTree(spans)).toEqual(['INTERNAL span a (shop)', '  INTERNAL span b (shop)', 'INTERNAL span a (shop)'])
})

test('spans that descend from themselves are an error', () => {
  expect(() => spanTree([span('a', 'b'), span('b', 'a')])).toThrow('2 spans are their own ancestors')
})
