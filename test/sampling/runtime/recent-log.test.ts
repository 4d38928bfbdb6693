import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fuzzRuns } from '../../helpers/fuzz-runs.js'
import { RecentLog } from '../../../src/sampling/runtime/decision-log.js'

const RUNS = fuzzRuns(0.02)

function logOf(capacity: number, ...keys: string[]): RecentLog<string> {
  const log = new RecentLog<string>(capacity)
  for (const key of keys) log.add(key, `of ${key}`)
  return log
}

describe('a recent log', () => {
  test('knows what was added', () => {
    const log = logOf(3, 'a', 'b')
    expect([log.get('a'), log.get('b'), log.get('c')]).toEqual(['of a', 'of b', undefined])
  })

  test('forgets what was added first, once it is full', () => {
    const log = logOf(3, 'a', 'b', 'c', 'd')
    expect(['a', 'b', 'c', 'd'].map((key) => log.get(key))).toEqual([undefined, 'of b', 'of c', 'of d'])
  })

  test('forgets it also after somebody has asked for it', () => {
    const log = logOf(2, 'a', 'b')
    expect(log.get('a')).toBe('of a')
    log.add('c', 'of c')
    expect([log.get('a'), log.get('b'), log.get('c')]).toEqual([undefined, 'of b', 'of c'])
  })

  test('has the last value of a key that was added again, for as long as that one', () => {
    const log = logOf(3, 'a', 'b')
    expect(log.get('a')).toBe('of a')
    log.add('a', 'again')
    expect(log.get('a')).toBe('again')
    for (const key of ['c', 'd']) log.add(key, '')
    expect(log.get('a')).toBe('again')
    log.add('e', '')
    expect(log.get('a')).toBeUndefined()
  })

  test('keeps the second place of a key whose first is overwritten before anybody asks again', () => {
    const log = logOf(3, 'a', 'b')
    expect(log.get('a')).toBe('of a')
    log.add('a', 'again')
    log.add('c', 'of c')
    expect(log.get('a')).toBe('again')
  })

  test('replaces a value in its place: it is forgotten no later for that', () => {
    const log = logOf(2, 'a', 'b')
    log.replace('a', 'replaced')
    expect(log.get('a')).toBe('replaced')
    log.add('c', '')
    expect([log.get('a'), log.get('b')]).toEqual([undefined, 'of b'])
  })

  test('replaces nothing of a key that it does not know any more', () => {
    const log = logOf(1, 'a', 'b')
    log.replace('a', 'replaced')
    log.replace('never', 'replaced')
    expect([log.get('a'), log.get('b'), log.get('never')]).toEqual([undefined, 'of b', undefined])
  })

  test('keeps a value that is undefined apart from none in its place', () => {
    const log = new RecentLog<string | undefined>(2)
    log.add('a', undefined)
    log.replace('a', 'known')
    expect(log.get('a')).toBe('known')
  })

  test('behaves as a list of the last additions, whoever asks when', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', '', '__proto__')
    const step = fc.tuple(fc.constantFrom('add', 'add', 'add', 'get', 'replace'), key)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 40 }), (capacity, steps) => {
        const log = new RecentLog<number>(capacity)
        let list: [key: string, value: number][] = []
        for (const [n, [what, at]] of steps.entries()) {
          const last = list.findLast(([added]) => added === at)
          if (what === 'add') {
            log.add(at, n)
            list = [...list, [at, n] as [string, number]].slice(-capacity)
          } else if (what === 'replace') {
            log.replace(at, n)
            if (last) last[1] = n
          } else {
            expect(log.get(at)).toBe(last?.[1])
          }
        }
        for (const [at] of list) expect(log.get(at)).toBe(list.findLast(([added]) => added === at)?.[1])
      }),
      { numRuns: RUNS },
    )
  })

  test('holds no more than its capacity, however many are added', () => {
    const log = new RecentLog<number>(100)
    for (let n = 0; n < 10_000; n++) {
      log.add(`key ${n}`, n)
      if (n % 7 === 0) log.get(`key ${n - 50}`)
    }
    const known = Array.from({ length: 10_000 }, (_, n) => log.get(`key ${n}`)).filter((value) => value !== undefined)
    expect(known).toEqual(Array.from({ length: 100 }, (_, n) => 9_900 + n))
  })
})
