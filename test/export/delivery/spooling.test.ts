import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { batchOf, someBatch } from './requests.js'
import { ACCEPTED, BUSY, heard, MemorySpool, REFUSED, rig, type Rig } from './rig.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function spooling(outageBufferBytes = 1e6): Rig & { spool: MemorySpool } {
  const spool = new MemorySpool()
  return { ...rig({ spool, outageBufferBytes }), spool }
}

test('a batch whose attempt failed is put into the spool, sent from there, and then removed', async () => {
  const { delivery, transport, told, spool } = spooling()
  const batch = someBatch()
  delivery.add(batch)
  transport.sent[0]?.answer(BUSY)
  await heard()
  expect([...spool.entries.values()]).toEqual([{ bytes: batch.bytes, spans: 1 }])
  transport.respond = () => ACCEPTED
  await vi.advanceTimersByTimeAsync(1_000)
  const { id } = batch
  expect(told()).toEqual([
    `exporting ${id}`,
    `waiting ${id}`,
    `spooled ${id}`,
    'attempt-failed',
    `exporting ${id}`,
    `settled ${id} 1/0`,
    'recovered',
  ])
  expect(spool.entries.size).toBe(0)
})

test('what fails again from the spool stays where it is, and what is refused from there goes', async () => {
  const { delivery, transport, told, spool } = spooling()
  const answers = [BUSY, BUSY, REFUSED]
  transport.respond = () => answers.shift()
  delivery.add(someBatch())
  await vi.advanceTimersByTimeAsync(1_500)
  expect(told().filter((text) => text.startsWith('spooled'))).toHaveLength(2)
  expect([...spool.entries.keys()]).toEqual(['entry-1'])
  await vi.advanceTimersByTimeAsync(2_000)
  expect(told().at(-2)).toMatch(/^settled \d+ 0\/1$/)
  expect(spool.entries.size).toBe(0)
})

test('what the spool does not take stays in memory', async () => {
  const { delivery, transport, told, spool } = spooling()
  spool.most = 0
  transport.respond = () => BUSY
  delivery.add(someBatch())
  await heard()
  transport.respond = () => ACCEPTED
  await vi.advanceTimersByTimeAsync(1_000)
  expect(told().map((text) => text.split(' ')[0])).toEqual([
    'exporting',
    'waiting',
    'attempt-failed',
    'exporting',
    'settled',
    'recovered',
  ])
})

test('what the spool does not have any more is lost there, and not refused', async () => {
  const { delivery, transport, events, spool } = spooling()
  transport.respond = () => BUSY
  delivery.add(someBatch())
  await heard()
  spool.entries.clear()
  await delivery.flush(5_000)
  expect(events.at(-1)).toMatchObject({ kind: 'settled', exported: 0, failed: 1, lostInSpool: true })
  expect(transport.sent).toHaveLength(1)
})

test('what can not be read now stays in the spool for another process, and keeps no flush waiting', async () => {
  const { delivery, transport, told, spool } = spooling()
  transport.respond = () => BUSY
  delivery.add(someBatch())
  await heard()
  const before = told()
  spool.read = () => undefined
  await delivery.flush(5_000)
  expect(told()).toEqual(before)
  expect([transport.sent.length, spool.entries.size]).toEqual([1, 1])
})

test('adopted spans that the backend refuses are told of with their number', async () => {
  const spool = new MemorySpool()
  const { bytes } = someBatch()
  spool.left = [spool.put({ bytes, spans: 7 }) ?? '']
  const { transport, events } = rig({ spool })
  transport.sent[0]?.answer(REFUSED)
  await heard()
  expect(events).toContainEqual({ kind: 'adopted-failed', spans: 7, reason: 'bad request' })
  expect(spool.entries.size).toBe(0)
})

test('a full buffer goes to the spool first, and what the spool does not take is shed', async () => {
  const { bytes } = someBatch()
  const { delivery, transport, told, spool } = spooling(8 * bytes.byteLength)
  transport.respond = () => BUSY
  delivery.add(someBatch())
  await heard()
  for (let n = 0; n < 20; n++) delivery.add(someBatch())
  expect(told().some((text) => text.startsWith('shed'))).toBe(false)
  expect(spool.entries.size).toBeGreaterThanOrEqual(21 - 8)
  spool.most = spool.entries.size
  for (let n = 0; n < 9; n++) delivery.add(someBatch())
  expect(told().some((text) => text.startsWith('shed'))).toBe(true)
})

test('what the spool has is not shed', async () => {
  const { bytes } = someBatch()
  const { delivery, transport, told, spool } = spooling(8 * bytes.byteLength)
  spool.most = 1
  transport.respond = () => BUSY
  const safe = someBatch()
  delivery.add(safe)
  await heard()
  for (const randomness of '9999fffff'.split('')) delivery.add(batchOf([{ randomness: randomness.padEnd(14, '0') }]))
  expect(told().filter((text) => text.startsWith('shed'))).toHaveLength(4)
  // Time for each of them to fail once more.
  await vi.advanceTimersByTimeAsync(100_000)
  transport.respond = () => ACCEPTED
  await vi.advanceTimersByTimeAsync(15_000)
  expect(told().filter((text) => text === `spooled ${safe.id}`)).toHaveLength(2)
  expect(told()).toContain(`settled ${safe.id} 1/0`)
})

test('leaving puts everything that is left into the spool, also what is being sent', async () => {
  const { delivery, transport, told, spool } = spooling()
  const batches = Array.from({ length: 6 }, someBatch)
  for (const batch of batches) delivery.add(batch)
  const left = delivery.shutdown(500)
  await vi.advanceTimersByTimeAsync(500)
  await left
  expect([...spool.entries.values()].map(({ bytes }) => bytes)).toEqual(
    [...batches.slice(4), ...batches.slice(0, 4)].map(({ bytes }) => bytes),
  )
  expect(
    told()
      .slice(4)
      .filter((text) => text.startsWith('spooled')),
  ).toHaveLength(6)
  transport.sent[0]?.answer(ACCEPTED)
  transport.sent[1]?.answer(BUSY)
  await heard()
  expect(told().slice(-2)).toEqual([`settled ${batches[0]?.id ?? 0} 1/0`, 'attempt-failed'])
  expect(spool.entries.size).toBe(5)
  delivery.add(someBatch())
  expect(spool.entries.size).toBe(6)
  delivery.close()
  expect(spool).toMatchObject({ isClosed: true, entries: { size: 6 } })
  expect(vi.getTimerCount()).toBe(0)
})

test('adopted entries are sent after own batches, silently, and then removed', async () => {
  const { transport, delivery, told, spool } = spooling()
  const adopted = Array.from({ length: 3 }, someBatch)
  for (const { bytes, spans } of adopted) spool.left.push(spool.put({ bytes, spans }) ?? '')
  await vi.advanceTimersByTimeAsync(29_000)
  for (let n = 0; n < 7; n++) delivery.add(someBatch())
  await vi.advanceTimersByTimeAsync(1_000)
  transport.respond = () => ACCEPTED
  for (const sent of transport.sent) sent.answer(ACCEPTED)
  await heard()
  expect(transport.sent.slice(7).map(({ bytes }) => bytes)).toEqual(adopted.map(({ bytes }) => bytes))
  expect(told()).toHaveLength(14)
  expect(spool.entries.size).toBe(0)
})

test('entries are adopted at the start', async () => {
  const spool = new MemorySpool()
  const { bytes } = someBatch()
  spool.left = [spool.put({ bytes, spans: 1 }) ?? '']
  const { transport, told } = rig({ spool })
  expect(transport.sent).toMatchObject([{ bytes }])
  const answers = [ACCEPTED]
  transport.sent[0]?.answer(BUSY)
  transport.respond = () => answers.shift()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(told()).toEqual(['attempt-failed', 'recovered'])
  expect(spool.entries.size).toBe(0)
})

test('an adopted entry that can not be read is passed over', async () => {
  const spool = new MemorySpool()
  const { bytes } = someBatch()
  spool.left = ['torn', spool.put({ bytes, spans: 1 }) ?? '']
  const { transport, told } = rig({ spool })
  transport.sent[0]?.answer(ACCEPTED)
  await heard()
  expect([transport.sent.length, told(), spool.entries.size]).toEqual([1, [], 0])
})

test('leaving does not begin with adopted entries, and waits for those that are being sent', async () => {
  const spool = new MemorySpool()
  const { bytes } = someBatch()
  spool.left = Array.from({ length: 6 }, () => spool.put({ bytes, spans: 1 }) ?? '')
  const { transport, delivery } = rig({ spool })
  expect(transport.sent).toHaveLength(4)
  let hasLeft = false
  void delivery.shutdown(5_000).then(() => (hasLeft = true))
  transport.sent[0]?.answer(BUSY)
  transport.sent[1]?.answer(ACCEPTED)
  transport.sent[2]?.answer(ACCEPTED)
  await heard()
  expect(hasLeft).toBe(false)
  transport.sent[3]?.answer(ACCEPTED)
  await heard()
  expect(hasLeft).toBe(true)
  expect([transport.sent.length, spool.entries.size]).toEqual([4, 3])
})
