import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WakeTimer } from '../../../src/export/delivery/wake-timer.js'
import { Fifo } from '../../../src/export/delivery/fifo.js'
import { monotonicClock } from '../../../src/internal/runtime/clock.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('an alarm rings once for each time that it is set, also for the same time', async () => {
  const ring = vi.fn()
  const alarm = new WakeTimer(monotonicClock, ring)
  const at = monotonicClock.nowMillis() + 5
  alarm.set(at)
  alarm.set(at)
  await vi.advanceTimersByTimeAsync(10)
  expect(ring).toHaveBeenCalledTimes(1)
  alarm.set(at)
  await vi.advanceTimersByTimeAsync(10)
  expect(ring).toHaveBeenCalledTimes(2)
})

test('an alarm that is moved or taken back does not ring at the old time', async () => {
  const ring = vi.fn()
  const alarm = new WakeTimer(monotonicClock, ring)
  const at = monotonicClock.nowMillis() + 5
  alarm.set(at)
  alarm.set(at + 20)
  await vi.advanceTimersByTimeAsync(15)
  alarm.set(undefined)
  await vi.advanceTimersByTimeAsync(100)
  expect(ring).not.toHaveBeenCalled()
})

test('a line of 200,000 is gone through in no time, in order', () => {
  const fifo = new Fifo<number>()
  for (let n = 0; n < 200_000; n++) fifo.push(n)
  const begin = process.hrtime.bigint()
  for (let n = 0; n < 200_000; n++) if (fifo.shift() !== n) throw new Error('not in order')
  expect(fifo.shift()).toBeUndefined()
  // Moving all up at each step takes some hundred times as long.
  expect(Number(process.hrtime.bigint() - begin) / 1e6).toBeLessThan(500)
})

test('what the test of keepOnly itself pushes stays', () => {
  const fifo = new Fifo<number>()
  for (const n of [0, 1, 2, 3]) fifo.push(n)
  fifo.shift()
  fifo.keepOnly((n) => {
    if (n === 2) fifo.push(9)
    return n !== 2
  })
  expect([...fifo].sort()).toEqual([1, 3, 9])
})
