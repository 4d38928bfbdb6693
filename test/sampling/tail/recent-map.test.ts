import { expect, test } from 'vitest'
import { RecentMap } from '../../../src/sampling/tail/tail-decisions.js'

test('at least one generation is remembered, and never more than two', () => {
  const map = new RecentMap<number>(100)
  for (let i = 0; i < 1_000; i++) map.set(String(i), i)
  const known = Array.from({ length: 1_000 }, (_, i) => i).filter((i) => map.get(String(i)) !== undefined)
  expect(known.at(-1)).toBe(999)
  expect(known.length).toBeGreaterThanOrEqual(100)
  expect(known.length).toBeLessThanOrEqual(200)
})

test('a key that is read stays', () => {
  const map = new RecentMap<number>(100)
  map.set('used', -1)
  for (let i = 0; i < 1_000; i++) {
    map.set(String(i), i)
    expect(map.get('used')).toBe(-1)
  }
})
