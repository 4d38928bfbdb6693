import fc from 'fast-check'
import { expect, test } from 'vitest'
import { thresholdThatFrees } from '../../../src/export/delivery/shedding.js'
import { weighSpans } from '../../../src/export/delivery/requests/spans-in-request.js'
import { encoded, withoutSpansBelow } from './requests.js'

const randomnesses = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 40 })

test('the threshold is the lowest that frees enough', () => {
  fc.assert(
    fc.property(
      randomnesses,
      fc.integer({ min: 2, max: 5 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (all, size, share) => {
        const requests: Uint8Array[] = []
        for (let at = 0; at < all.length; at += size) {
          requests.push(encoded(all.slice(at, at + size).map((value) => ({ randomness: value.toString(16) + '0' }))))
        }
        const total = requests.reduce((sum, { byteLength }) => sum + byteLength, 0)
        const needed = Math.max(1, Math.floor(total * share))
        const freedAt = (threshold: number): number => {
          let freed = 0
          for (const request of requests) {
            weighSpans(request, (randomness, weight) => {
              if (randomness < threshold) freed += weight
            })
          }
          return freed
        }
        const { threshold } = thresholdThatFrees(needed, requests)
        expect(freedAt(threshold)).toBeGreaterThanOrEqual(needed)
        expect(freedAt(threshold - 1)).toBeLessThan(needed)
      },
    ),
  )
})

test.each([1, 2, 3])('where %d of three traces are exactly enough, no more go', (count) => {
  const requests = ['10', '20', '30'].map((randomness) => encoded([{ randomness }]))
  const enough = requests.slice(0, count).reduce((sum, { byteLength }) => sum + byteLength, 0)
  expect(thresholdThatFrees(enough, requests).threshold).toBe(count + 1)
})

test('where all of it is not enough, all of it goes', () => {
  const request = encoded([{ randomness: 'ffffffffffffff' }, { randomness: '1' }])
  const { threshold, isEnough } = thresholdThatFrees(1e9, [request])
  expect(isEnough).toBe(false)
  expect(withoutSpansBelow({ bytes: request, spans: 2 }, threshold).rest).toBeUndefined()
})

test('what stays does not count', () => {
  const requests = ['10', '20', '30'].map((randomness) => encoded([{ randomness }]))
  const [one = 0, , three = 0] = requests.map(({ byteLength }) => byteLength)
  const stays = (randomness: number): boolean => randomness === 2
  expect(thresholdThatFrees(one + three, requests, stays)).toEqual({ threshold: 4, isEnough: true })
  expect(thresholdThatFrees(one + three + 1, requests, stays).isEnough).toBe(false)
})

test('where nothing must go, nothing goes', () => {
  expect(thresholdThatFrees(0, [encoded([{ randomness: '0' }])]).threshold).toBe(0)
})
