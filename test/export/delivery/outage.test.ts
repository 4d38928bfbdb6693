import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { backoffMillis } from '../../../src/export/delivery/backoff.js'
import { someBatch } from './requests.js'
import { ACCEPTED, BUSY, heard, REFUSED, rig, toldToWait, UNREACHABLE, type Rig } from './rig.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const addSome = ({ delivery }: Rig, count: number): number[] =>
  Array.from({ length: count }, () => {
    const batch = someBatch()
    delivery.add(batch)
    return batch.id
  })

/** Seconds between one attempt and the next. */
const pauses = ({ transport: { sent } }: Rig): number[] =>
  sent.slice(1).map(({ at }, index) => Math.round(at - (sent[index]?.at ?? 0)) / 1_000)

const exported = ({ told }: Rig): number[] =>
  told().flatMap((text) => (text.startsWith('exporting') ? [Number(text.split(' ')[1])] : []))

test('the waits double from one second to fifteen', async () => {
  const r = rig()
  r.transport.respond = () => BUSY
  addSome(r, 1)
  await vi.advanceTimersByTimeAsync(62_000)
  expect(pauses(r)).toEqual([1, 2, 4, 8, 15, 15, 15])
})

test('the waits are spread by a fifth to either side', () => {
  expect([backoffMillis(1, 0), backoffMillis(1, 1), backoffMillis(9, 0), backoffMillis(9, 1)]).toEqual([
    800, 1_200, 12_000, 18_000,
  ])
})

test('during an outage one attempt at a time is made, and each tells of the trouble', async () => {
  const r = rig()
  r.transport.respond = () => UNREACHABLE
  addSome(r, 10)
  await heard()
  expect(r.transport.sent).toHaveLength(4)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(r.transport.sent).toHaveLength(5)
  expect(r.told().filter((text) => text === 'attempt-failed')).toHaveLength(5)
})

test('attempts that fail together count as one failure', async () => {
  const r = rig()
  addSome(r, 4)
  for (const sent of r.transport.sent) sent.answer(BUSY)
  await heard()
  await vi.advanceTimersByTimeAsync(999)
  expect(r.transport.sent).toHaveLength(4)
  await vi.advanceTimersByTimeAsync(1)
  expect(r.transport.sent).toHaveLength(5)
})

test('a probe waits for attempts from before the outage', async () => {
  const r = rig()
  addSome(r, 2)
  r.transport.sent[0]?.answer(BUSY)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(r.transport.sent).toHaveLength(2)
  r.transport.sent[1]?.answer(BUSY)
  await heard()
  expect(r.transport.sent).toHaveLength(3)
})

test('the first success ends the outage, and everything goes out, oldest first, who has failed last', async () => {
  const r = rig()
  const [first, ...others] = addSome(r, 1)
  r.transport.sent[0]?.answer(BUSY)
  await heard()
  others.push(...addSome(r, 6))
  await vi.advanceTimersByTimeAsync(999)
  expect(r.transport.sent).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1)
  r.transport.sent[1]?.answer(ACCEPTED)
  await heard()
  expect(r.transport.sent).toHaveLength(6)
  expect(r.told()).toContain('recovered')
  for (const sent of r.transport.sent) sent.answer(ACCEPTED)
  r.transport.respond = () => ACCEPTED
  await heard()
  expect(exported(r)).toEqual([first, ...others, first])
  expect(r.told().filter((text) => text === 'recovered')).toHaveLength(1)
})

test('after an outage the waits begin at one second again', async () => {
  const r = rig()
  const answers = [BUSY, BUSY, ACCEPTED, BUSY]
  r.transport.respond = () => answers.shift() ?? ACCEPTED
  addSome(r, 1)
  await vi.advanceTimersByTimeAsync(10_000)
  addSome(r, 1)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(pauses(r)).toEqual([1, 2, 7, 1])
})

test('a success that was under way with the failure ends the outage', async () => {
  const r = rig()
  addSome(r, 5)
  r.transport.sent[0]?.answer(BUSY)
  r.transport.sent[1]?.answer(ACCEPTED)
  await heard()
  expect(r.told()).toContain('recovered')
  expect(r.transport.sent).toHaveLength(5)
})

test('a batch that the backend never takes keeps no other waiting, and is not tried without pause', async () => {
  const r = rig()
  const bad = someBatch()
  r.transport.respond = (bytes) => (bytes === bad.bytes ? BUSY : ACCEPTED)
  r.delivery.add(bad)
  let added = 0
  for (let n = 0; n < 200; n++) {
    added += addSome(r, 3).length
    await vi.advanceTimersByTimeAsync(100)
  }
  await vi.advanceTimersByTimeAsync(15_000)
  expect(r.told().filter((text) => /^settled .* 1\/0$/.test(text))).toHaveLength(added)
  const tries = exported(r).filter((id) => id === bad.id).length
  expect(tries).toBeGreaterThan(3)
  expect(tries).toBeLessThan(35)
})

test('a backend of which one machine in ten is bad still takes what comes', async () => {
  const r = rig()
  let n = 0
  r.transport.respond = () => ((n += 1) % 10 === 0 ? BUSY : ACCEPTED)
  addSome(r, 1_000)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(r.told().filter((text) => text.startsWith('settled'))).toHaveLength(1_000)
})

test('several bad batches together keep no other waiting', async () => {
  const r = rig()
  const bad = Array.from({ length: 6 }, someBatch)
  const badBytes = new Set(bad.map(({ bytes }) => bytes))
  r.transport.respond = (bytes) => (badBytes.has(bytes) ? BUSY : ACCEPTED)
  for (const batch of bad) r.delivery.add(batch)
  const added = addSome(r, 100)
  // Four fail together, the fifth after one second, the sixth after three, and the next is a good one.
  await vi.advanceTimersByTimeAsync(7_000)
  expect(r.told().filter((text) => /^settled .* 1\/0$/.test(text))).toHaveLength(added.length)
})

test.each([
  ['longer than', 40_000, 40_000],
  ['no shorter than', 200, 1_000],
  ['beyond five minutes, against', 3_600_000, 300_000],
  ['also "at once", not before', 0, 1_000],
])('where the backend says when to come back, that counts: %s the backoff', async (_name, told, waited) => {
  const r = rig()
  const answers = [toldToWait(told)]
  r.transport.respond = () => answers.shift() ?? ACCEPTED
  addSome(r, 1)
  await vi.advanceTimersByTimeAsync(waited - 1)
  addSome(r, 1)
  await heard()
  expect(r.transport.sent).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(r.transport.sent).toHaveLength(3)
})

test('being told to wait counts also where another attempt of the same time succeeded', async () => {
  const r = rig()
  addSome(r, 5)
  r.transport.sent[0]?.answer(toldToWait(30_000))
  for (const sent of r.transport.sent.slice(1)) sent.answer(ACCEPTED)
  await vi.advanceTimersByTimeAsync(29_999)
  expect(r.transport.sent).toHaveLength(4)
  expect(r.told()).not.toContain('recovered')
  await vi.advanceTimersByTimeAsync(1)
  expect(r.transport.sent).toHaveLength(5)
})

test('a pause that was asked for is over with the next success', async () => {
  const r = rig()
  const answers = [toldToWait(30_000), ACCEPTED, BUSY]
  r.transport.respond = () => answers.shift() ?? ACCEPTED
  addSome(r, 1)
  await heard()
  await r.delivery.flush(60_000)
  addSome(r, 1)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(r.transport.sent).toHaveLength(4)
})

test('a refused probe does not empty the buffer in one go', async () => {
  const r = rig()
  addSome(r, 1)
  r.transport.sent[0]?.answer(BUSY)
  await heard()
  r.transport.respond = () => REFUSED
  addSome(r, 50)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(r.told().filter((text) => text.startsWith('settled'))).toHaveLength(10)
  r.transport.respond = () => ACCEPTED
  await vi.advanceTimersByTimeAsync(1_000)
  expect(r.told().filter((text) => text.endsWith(' 1/0'))).toHaveLength(41)
})
