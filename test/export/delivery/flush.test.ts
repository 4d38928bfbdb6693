import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Answer } from '../../../src/export/transport/transport.js'
import { someBatch } from './requests.js'
import { ACCEPTED, BUSY, heard, LOST, REFUSED, rig, toldToWait, UNREACHABLE, type Rig } from './rig.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** When it settled, in milliseconds from now; undefined while it has not. */
function settledAt(promise: Promise<void>): () => number | undefined {
  const begin = performance.now()
  let at: number | undefined
  void promise.then(() => (at = performance.now() - begin))
  return () => at
}

/** In an outage, one second before the next probe at the earliest. */
async function inOutage(waiting = 1, answer: Answer = BUSY): Promise<Rig> {
  const r = rig()
  r.delivery.add(someBatch())
  r.transport.sent[0]?.answer(answer)
  await heard()
  for (let n = 1; n < waiting; n++) r.delivery.add(someBatch())
  return r
}

test.each(['flush', 'shutdown'] as const)('%s with nothing to do settles at once', async (how) => {
  const { delivery } = rig()
  await delivery[how](5_000)
  expect(vi.getTimerCount()).toBe(0)
})

test('a flush settles when everything that was there is settled, whatever comes later', async () => {
  const { delivery, transport } = rig()
  for (let n = 0; n < 6; n++) delivery.add(someBatch())
  const at = settledAt(delivery.flush(5_000))
  delivery.add(someBatch())
  for (let n = 0; n < 5; n++) transport.sent[n]?.answer(ACCEPTED)
  await heard()
  for (let n = 0; n < 5; n++) transport.sent[n]?.answer(ACCEPTED)
  await heard()
  expect(at()).toBeUndefined()
  transport.sent[5]?.answer(ACCEPTED)
  await heard()
  expect(at()).toBe(0)
})

test('a flush waits for what was there, not for as many as were there', async () => {
  const { delivery, transport } = rig()
  delivery.add(someBatch())
  const at = settledAt(delivery.flush(5_000))
  delivery.add(someBatch())
  transport.sent[1]?.answer(ACCEPTED)
  await heard()
  expect(at()).toBeUndefined()
})

test('a flush also tries at once what has just failed while others succeeded', async () => {
  const { delivery, transport } = rig()
  delivery.add(someBatch())
  delivery.add(someBatch())
  transport.sent[0]?.answer(BUSY)
  transport.sent[1]?.answer(ACCEPTED)
  await heard()
  expect(transport.sent).toHaveLength(2)
  void delivery.flush(5_000)
  expect(transport.sent).toHaveLength(3)
})

test('a flush tries at once, whatever the backoff', async () => {
  const { delivery, transport } = await inOutage(7)
  transport.respond = () => ACCEPTED
  const at = settledAt(delivery.flush(5_000))
  await heard()
  expect(at()).toBe(0)
  expect(transport.sent).toHaveLength(8)
})

test('a flush settles without waiting where nobody is reached', async () => {
  const { delivery, transport } = await inOutage(3)
  transport.respond = () => UNREACHABLE
  const at = settledAt(delivery.flush(5_000))
  await heard()
  expect(at()).toBe(0)
  expect(transport.sent).toHaveLength(2)
  transport.respond = () => ACCEPTED
  await delivery.flush(5_000)
  expect(transport.sent).toHaveLength(5)
})

test('where one attempt reaches nobody, a flush still waits for the others that are under way', async () => {
  const { delivery, transport } = rig()
  delivery.add(someBatch())
  delivery.add(someBatch())
  const at = settledAt(delivery.flush(5_000))
  transport.sent[0]?.answer(UNREACHABLE)
  await vi.advanceTimersByTimeAsync(50)
  expect(at()).toBeUndefined()
  transport.sent[1]?.answer(UNREACHABLE)
  await heard()
  expect(at()).toBe(50)
})

test('what the backend refuses does not keep a flush, and keeps no other batch from being sent', async () => {
  const { delivery, transport, told } = await inOutage(4)
  const answers = [REFUSED, REFUSED]
  transport.respond = () => answers.shift() ?? ACCEPTED
  const at = settledAt(delivery.flush(5_000))
  await heard()
  expect(at()).toBe(0)
  expect(told().filter((text) => text.endsWith(' 1/0'))).toHaveLength(2)
})

test('where the backend is busy, a flush tries again soon, within its time', async () => {
  const { delivery, transport } = await inOutage()
  transport.respond = () => BUSY
  const begin = performance.now()
  const at = settledAt(delivery.flush(1_000))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(transport.sent.slice(1).map((sent) => sent.at - begin)).toEqual([0, 100, 300, 700])
  expect(at()).toBe(700)
})

test('the waits within a flush begin anew when the backend has spoken', async () => {
  const { delivery, transport } = await inOutage(2)
  const answers = [BUSY, BUSY, REFUSED]
  transport.respond = () => answers.shift() ?? BUSY
  const begin = performance.now()
  void delivery.flush(900)
  await vi.advanceTimersByTimeAsync(500)
  expect(transport.sent.slice(1).map((sent) => sent.at - begin)).toEqual([0, 100, 300, 300, 400])
})

test('two flushes at once work, each within its own time', async () => {
  const { delivery, transport } = await inOutage()
  const short = settledAt(delivery.flush(50))
  const long = settledAt(delivery.flush(2_000))
  await vi.advanceTimersByTimeAsync(60)
  expect([short(), long()]).toEqual([50, undefined])
  transport.sent[1]?.answer(BUSY)
  await heard()
  transport.respond = () => ACCEPTED
  await vi.advanceTimersByTimeAsync(100)
  expect(long()).toBe(160)
})

test('an attempt that hangs ends a flush when its time is up, and goes on itself', async () => {
  const { delivery, transport, told } = rig()
  const { id } = someBatch()
  delivery.add({ ...someBatch(), id })
  const at = settledAt(delivery.flush(300))
  await vi.advanceTimersByTimeAsync(5_000)
  expect(at()).toBe(300)
  transport.sent[0]?.answer(ACCEPTED)
  await heard()
  expect(told()).toEqual([`exporting ${id}`, `settled ${id} 1/0`])
})

test('a flush tries at once where the backend said to come back within its time', async () => {
  const { delivery, transport } = await inOutage(1, toldToWait(2_000))
  transport.respond = () => ACCEPTED
  const at = settledAt(delivery.flush(5_000))
  await heard()
  expect(at()).toBe(0)
})

test('after that it waits as told', async () => {
  const { delivery, transport } = await inOutage(1, toldToWait(2_000))
  const answers = [toldToWait(700)]
  transport.respond = () => answers.shift() ?? ACCEPTED
  const at = settledAt(delivery.flush(5_000))
  await vi.advanceTimersByTimeAsync(1_999)
  expect(transport.sent).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(1)
  expect(at()).toBe(2_000)
})

test('a flush settles at once where the backend said to come back later than that', async () => {
  const { delivery, transport } = await inOutage(1, toldToWait(60_000))
  const at = settledAt(delivery.flush(5_000))
  await heard()
  expect(at()).toBe(0)
  expect(transport.sent).toHaveLength(1)
})

test.each([[NaN], [-5], [Infinity], [1e12]])('a flush takes any time: %d', async (timeoutMillis) => {
  const { delivery, transport } = await inOutage(2)
  transport.respond = () => ACCEPTED
  const at = settledAt(delivery.flush(timeoutMillis))
  await vi.advanceTimersByTimeAsync(10)
  expect(at()).toBeLessThan(2)
  expect(transport.sent).toHaveLength(3)
})

test('attempts that begin while leaving end with it, and afterwards nothing is sent', async () => {
  const { delivery, transport } = rig()
  for (let n = 0; n < 5; n++) delivery.add(someBatch())
  const at = settledAt(delivery.shutdown(400))
  await vi.advanceTimersByTimeAsync(100)
  transport.sent[0]?.answer(ACCEPTED)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(at()).toBe(400)
  expect(transport.sent.map(({ timeoutMillis }) => timeoutMillis)).toEqual([10_000, 10_000, 10_000, 10_000, 300])
  for (const sent of transport.sent) sent.answer(LOST)
  await vi.advanceTimersByTimeAsync(60_000)
  delivery.add(someBatch())
  await delivery.flush(5_000)
  expect(transport.sent).toHaveLength(5)
})

test('leaving without a spool tells nothing of what is still being sent', async () => {
  const { delivery, told } = rig()
  const batch = someBatch()
  delivery.add(batch)
  const at = settledAt(delivery.shutdown(100))
  await vi.advanceTimersByTimeAsync(100)
  expect([at(), told()]).toEqual([100, [`exporting ${batch.id}`]])
})

test('of two leaves the shorter one counts, and a flush ends with it', async () => {
  const { delivery } = rig()
  delivery.add(someBatch())
  const long = settledAt(delivery.shutdown(5_000))
  const short = settledAt(delivery.shutdown(100))
  const flush = settledAt(delivery.flush(5_000))
  await vi.advanceTimersByTimeAsync(5_000)
  expect([long(), short(), flush()]).toEqual([100, 100, 100])
})
